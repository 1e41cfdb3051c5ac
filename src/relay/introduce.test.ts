import type { Connection, Libp2p } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { expect, test } from 'vitest'
import { watchConnections } from '../adapters/libp2p/connections.ts'
import { createSampleSet } from '../adapters/libp2p/dht/sample-set.ts'
import { createVirtualClock } from '../adapters/memory/virtual-clock.ts'
import { peerIdOf } from '../core/peer-id.ts'
import { introduce } from './introduce.ts'

const self = peerIdOf(new Uint8Array(32).fill(255))

test.each([100, 10_000])(
  '[PEE3] with %s places an answer looks at the peers that it draws, at their connections, and at nothing else',
  (count) => {
    const { places, connections, looks, peers } = relayWith(count)
    looks.connections = 0
    looks.all = 0
    const told = introduce(places, connections, self, 33)
    expect(told).toHaveLength(33)
    expect(new Set(told.map(({ peer }) => peer)).size).toBe(33)
    expect(told.every(({ peer, hops }) => peers.has(peer) && hops.length === 1 && hops[0] === self)).toBe(true)
    // Two looks at one connection of each peer: whether it is open, and whether it has limits.
    expect([looks.connections, looks.all]).toEqual([66, 0])
  },
)

test('[PEE3] everybody with a place is named as often as anybody else, and only who is connected', () => {
  const { places, connections } = relayWith(50)
  places.add(peerIdOf(new Uint8Array(32).fill(254)))
  const named = new Map<string, number>()
  for (let turn = 0; turn < 1_000; turn++)
    for (const { peer } of introduce(places, connections, self, 10)) named.set(peer, (named.get(peer) ?? 0) + 1)
  expect(named.size).toBe(50)
  // Each is named 200 times on average, with a standard deviation of 13.
  expect([...named.values()].every((times) => times > 120 && times < 280)).toBe(true)
})

/** The state of a relay with `count` connected peers that have a place, and a count of its looks at connections. */
function relayWith(count: number) {
  const looks = { connections: 0, all: 0 }
  const events = new EventTarget()
  const node = Object.assign(events, {
    peerId: peerIdFromString(self),
    getConnections: () => {
      looks.all++
      return []
    },
  }) as unknown as Libp2p
  const connections = watchConnections(node, createVirtualClock(), new AbortController().signal, () => undefined)
  const places = createSampleSet<string>()
  const peers = new Set<string>()
  for (let at = 0; at < count; at++) {
    const peer = peerIdOf(new Uint8Array(32).fill(at & 255).fill(1 + (at >> 8), 16))
    peers.add(peer)
    places.add(peer)
    const detail = {
      id: String(at),
      remotePeer: peerIdFromString(peer),
      direction: 'inbound',
      streams: [],
      get status() {
        looks.connections++
        return 'open'
      },
      get limits() {
        looks.connections++
        return undefined
      },
    } as unknown as Connection
    events.dispatchEvent(new CustomEvent('connection:open', { detail }))
  }
  return { places, connections, looks, peers }
}
