import type { Connection } from '@libp2p/interface'
import { domainOf } from '../../../core/placement.ts'

/**
 * Returns the network of the far side of `connection`: its IPv4 /24 or IPv6 /48, or `peer` itself where that is private or not known.
 * Source: core SPEC PLC3.
 */
export function networkOfConnection(peer: string, connection: Connection): string {
  const host = candidateHost(connection)
  if (host !== undefined) return domainOf(peer, `/${host.includes(':') ? 'ip6' : 'ip4'}/${host}/udp/1`)
  // The address of a WebRTC connection is that of the relay which introduced its peer.
  const isOwn = !connection.remoteAddr.getComponents().some(({ name }) => name === 'webrtc' || name === 'p2p-circuit')
  return isOwn ? domainOf(peer, connection.remoteAddr.toString()) : peer
}

/** Returns the address that ICE chose for the far side of a WebRTC connection, or undefined. */
function candidateHost(connection: Connection): string | undefined {
  let part: unknown = connection
  for (const name of ['muxer', 'peerConnection', 'sctp', 'transport', 'iceTransport']) part = memberOf(part, name)
  try {
    const pick = memberOf(part, 'getSelectedCandidatePair')
    const pair: unknown = typeof pick === 'function' ? pick.call(part) : undefined
    const address = memberOf(memberOf(pair, 'remote'), 'address')
    return typeof address === 'string' && /^[0-9a-f.:]+$/i.test(address) ? address : undefined
  } catch {
    // ICE has not chosen yet, or the browser does not tell.
    return undefined
  }
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}
