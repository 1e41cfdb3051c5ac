import type { PageMemory } from './surroundings.ts'

/** The address of a page; `window.location` is one. */
export interface Address {
  readonly pathname: string
  readonly search: string
  readonly hash: string
}

/** Replaces the shown address without a reload; `window.history` is one. */
export interface AddressBar {
  replaceState(data: unknown, unused: string, url: string): void
}

/** A link as it came, with its key, and perhaps changed by programs on the way. */
export interface ReceivedLink {
  /** The part of the address behind `/s`, or the pasted text. */
  readonly text: string
  /** True when the key stood before `#`, in the part that browsers send to the host of the app. */
  readonly isSeenByHost: boolean
}

/** The name under which a tab remembers its link. */
const REMEMBERED = 'link'
const REMEMBERED_AS_SEEN = 'link-seen-by-host'
/** Longest text in which a link is looked for. */
const MOST_CHARACTERS = 16_384

/**
 * Takes a link out of the address bar and returns it; where the address has none, returns the one that `tab` remembers, or undefined.
 * After the call neither the address bar nor this history entry shows the key. `tab` keeps it over reloads until the tab is closed; other
 * places where the browser noted the address before still have it, which a page cannot change.
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

/** Keeps `link` until the tab is closed. */
export function remember(tab: PageMemory, { text, isSeenByHost }: ReceivedLink): void {
  tab.write(REMEMBERED, text.slice(0, MOST_CHARACTERS))
  tab.write(REMEMBERED_AS_SEEN, isSeenByHost ? 'yes' : 'no')
}

/** Tells whether `path` is the page of a received link, even if its `#` has become a part of the path. */
export function isLinkPath(path: string): boolean {
  return /^\/s(?![^/%#&])/i.test(path)
}

/** Tells whether a pasted text holds a link, whole or not: the page of a link says what is wrong with it. */
export function looksLikeLink(text: string): boolean {
  return text.length <= MOST_CHARACTERS && (hasKey(text) || /\/s\/?(#|%(25)*23)|%2Fs%2F/i.test(text))
}

/** Tells whether most of a key is in `text`: version 1, then characters of base64url, on any number of lines. */
function hasKey(text: string): boolean {
  return /A[Q-Za-f][\w-]{80}/.test(text.replace(/\s+>*|\\|\p{Cf}/gu, '').replace(/%(25)*(2d|5f)|[‐-―]/gi, '-'))
}

function recall(tab: PageMemory): ReceivedLink | undefined {
  const text = tab.read(REMEMBERED)
  return text === undefined ? undefined : { text, isSeenByHost: tab.read(REMEMBERED_AS_SEEN) === 'yes' }
}
