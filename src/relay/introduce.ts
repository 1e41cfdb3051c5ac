import type { Connections } from '../adapters/libp2p/connections.ts'
import type { SampleSet } from '../adapters/libp2p/dht/sample-set.ts'
import { brandPeerId, type PeerId } from '../core/ids.ts'
import type { Introduction } from '../protocol/peers.ts'

/**
 * Returns up to `atMost` peers with a place at the relay `self`, drawn at random, so that newcomers spread over everybody.
 * It looks at no more than `atMost` peers, however many there are. Source: protocol SPEC PEE3.
 */
export function introduce(
  places: SampleSet<string>,
  connections: Pick<Connections, 'direct'>,
  self: PeerId,
  atMost: number,
): readonly Introduction[] {
  const here = places.draw(atMost).filter((peer) => connections.direct(peer) !== undefined)
  return here.map((peer) => ({ peer: brandPeerId(peer), hops: [self] }))
}
