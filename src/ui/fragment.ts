import type { PageMemory } from './surroundings.ts'

/** Where a page stands: `window.location` is one. */
export interface Address {
  readonly pathname: string
  readonly search: string
  readonly hash: string
}

/** How the shown address is replaced without a reload: `window.history` is one. */
export interface AddressBar {
  replaceState(data: unknown, unused: string, url: string): void
}

/** A link as it came: with its key, and with whatever programs on the way made of it. */
export interface ReceivedLink {
  /** What stood in the address behind `/s`, or what was pasted. */
  readonly text: string
  /** True when the key stood before `#`, in what browsers send to the host of the app. */
  readonly isSeenByHost: boolean
}

/** The name under which a tab remembers its link. */
const REMEMBERED = 'link'
const REMEMBERED_AS_SEEN = 'link-seen-by-host'
/** A link is looked for in no more than this. */
const MOST_CHARACTERS = 16_384

/**
 * Takes a link out of the address bar and returns it; where the address has none, the one that `tab` remembers, or undefined.
 * After the call neither the address bar nor this history entry shows the key. It lies in `tab`, which outlives a reload and ends with
 * the tab, and wherever the browser has noted the address before: a page cannot undo that.
 */
export function takeLink(address: Address, bar: AddressBar, tab: PageMemory): ReceivedLink | undefined {
  const { pathname, search, hash } = address
  if (!isLinkPath(pathname)) {
    if (hash !== '') bar.replaceState(null, '', pathname + search)
    return undefined
  }
  const sent = pathname.slice(2) + search
  if (/^\/?$/.test(sent + hash)) return recall(tab)
  bar.replaceState(null, '', '/s/')
  const link = { text: sent + hash, isSeenByHost: !hasKey(hash) && hasKey(sent) }
  remember(tab, link)
  return link
}

/** Keeps `link` for as long as the tab lives. */
export function remember(tab: PageMemory, { text, isSeenByHost }: ReceivedLink): void {
  tab.write(REMEMBERED, text.slice(0, MOST_CHARACTERS))
  tab.write(REMEMBERED_AS_SEEN, isSeenByHost ? 'yes' : 'no')
}

/** Tells whether `path` is the page of a received link, also one whose `#` became a part of the path. */
export function isLinkPath(path: string): boolean {
  return /^\/s(?![^/%#&])/i.test(path)
}

/** Tells whether a pasted text holds a link, whole or not: the page of a link says what is wrong with it. */
export function looksLikeLink(text: string): boolean {
  return text.length <= MOST_CHARACTERS && (hasKey(text) || /\/s\/?(#|%(25)*23)|%2Fs%2F/i.test(text))
}

/** Tells whether most of a key is in `text`: version 1, then characters of base64url, on however many lines. */
function hasKey(text: string): boolean {
  return /A[Q-Za-f][\w-]{80}/.test(text.replace(/\s+>*|\\|\p{Cf}/gu, '').replace(/%(25)*(2d|5f)|[‐-―]/gi, '-'))
}

function recall(tab: PageMemory): ReceivedLink | undefined {
  const text = tab.read(REMEMBERED)
  return text === undefined ? undefined : { text, isSeenByHost: tab.read(REMEMBERED_AS_SEEN) === 'yes' }
}
