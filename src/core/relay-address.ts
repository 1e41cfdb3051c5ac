/** A host, a port and a WebSocket, in the form in which a relay prints its address. */
const FORM = /^\/(?:ip4|ip6|dns|dns4|dns6)\/[^/\s]+\/tcp\/(\d{1,5})(?:\/tls)?\/wss?(?:\/p2p\/[1-9A-HJ-NP-Za-km-z]{46,52})?$/

/** An example of a relay's address, shown to people. */
export const relayAddressExample = '/dns4/relay.example.org/tcp/443/tls/ws/p2p/12D3KooW…'

/** Tells whether `text` is an address of a relay: host, port and WebSocket as a multiaddr, with or without its peer. */
export function isRelayAddress(text: string): boolean {
  const port = FORM.exec(text)?.[1]
  return port !== undefined && Number(port) > 0 && Number(port) <= 65_535
}
