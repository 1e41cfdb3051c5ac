import { describe, expect, it } from 'vitest'
import { createDeviceSigner } from '../../adapters/storage/device-signer.ts'
import { createQuietPeers } from './quiet-peers.ts'
import type { PeerId } from '../../core/ids.ts'

const peerOf = (seed: number): PeerId => createDeviceSigner(new Uint8Array(32).fill(seed)).peerId
const [reader, home, one, other, third] = [peerOf(1), peerOf(2), peerOf(3), peerOf(4), peerOf(5)]
const at = (latencyMs: number | undefined, ...peers: readonly PeerId[]) => peers.map((peer) => ({ peer, latencyMs }))

describe('[PAC3] quiet peers', () => {
  it('are two that get nothing, and stay the same while they may', () => {
    const quiet = createQuietPeers()
    const near = [...at(300, reader), ...at(90, one), ...at(80, other), ...at(70, third)]
    quiet.noteWays(near, 'calm')
    expect(quiet.choose(near, new Set([reader]), 0)).toEqual([third, other])
    quiet.noteBulk(other, 100)
    expect(quiet.choose(near, new Set([reader]), 100)).toEqual([third, one])
    expect(quiet.choose(near, new Set([reader]), 20_000)).toEqual([third, one])
  })

  it('get nothing for ten seconds before they count, and no pulse as peers with bulk', () => {
    const quiet = createQuietPeers()
    const near = at(50, reader, one)
    quiet.noteWays(near, 'calm')
    quiet.noteBulk(one, 0)
    expect([quiet.choose(near, new Set([reader]), 9_000), quiet.choose(near, new Set([reader]), 11_000)]).toEqual([[], [one]])
    expect(quiet.choose(near, new Set([reader, one]), 12_000)).toEqual([])
  })

  it.each([
    { readerMs: 300, quietMs: 3, isElsewhere: false },
    { readerMs: 300, quietMs: 25, isElsewhere: true },
    { readerMs: 24, quietMs: 5, isElsewhere: false },
    { readerMs: 24, quietMs: 15, isElsewhere: true },
  ])(
    'are no devices at the same home: $quietMs ms beside $readerMs counts as elsewhere: $isElsewhere',
    ({ readerMs, quietMs, isElsewhere }) => {
      const quiet = createQuietPeers()
      const near = [...at(readerMs, reader), ...at(quietMs, home)]
      quiet.noteWays(near, 'calm')
      expect(quiet.choose(near, new Set([reader]), 0)).toEqual(isElsewhere ? [home] : [])
    },
  )

  it('no longer count once a pulse shows that they are at the same home', () => {
    const quiet = createQuietPeers()
    const near = [...at(100, reader), ...at(30, home)]
    quiet.noteWays(near, 'calm')
    expect(quiet.choose(near, new Set([reader]), 0)).toEqual([home])
    quiet.noteRoundTrip(home, 4, 'bulk')
    expect(quiet.choose(near, new Set([reader]), 250)).toEqual([])
  })

  it('do not count while their ways were measured beside bulk alone, and so may contain a queue', () => {
    const quiet = createQuietPeers()
    const near = at(50, reader, one)
    quiet.noteWays(near, 'bulk')
    quiet.noteWays(near, 'calm')
    expect([quiet.choose(near, new Set([reader]), 0), quiet.wayTo(one)]).toEqual([[], undefined])
    quiet.noteRoundTrip(one, 45, 'bulk')
    expect(quiet.wayTo(one)).toBe(undefined)
    quiet.noteWays(at(40, reader, one), 'calm')
    expect([quiet.choose(near, new Set([reader]), 0), quiet.wayTo(one)]).toEqual([[one], 40])
  })

  it('are measured while little is sent where hello does not say how far they are, and not for ever', () => {
    const quiet = createQuietPeers()
    const near = [...at(undefined, one, other), ...at(50, third)]
    quiet.noteWays(near, 'calm')
    expect(quiet.toMeasure()).toEqual([one, other])
    quiet.noteRoundTrip(one, 60, 'calm')
    const asked = Array.from({ length: 20 }, () => quiet.toMeasure())
    expect([asked[0], asked.at(-1), quiet.wayTo(one)]).toEqual([[other], [], 60])
  })
})
