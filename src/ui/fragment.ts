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

/**
 * Takes the key of a link out of the address bar and returns it without `#`, or undefined where there is none.
 * After the call neither the address bar nor this history entry shows it; it lives in the returned string alone, so a reload has to be
 * given the link again.
 */
export function takeFragment(address: Address, bar: AddressBar): string | undefined {
  const fragment = address.hash.replace(/^#/, '')
  if (fragment === '') return undefined
  bar.replaceState(null, '', address.pathname + address.search)
  return isLinkPath(address.pathname) ? fragment : undefined
}

/** Tells whether `path` is the page of a received link. */
export function isLinkPath(path: string): boolean {
  return path === '/s' || path.startsWith('/s/')
}
