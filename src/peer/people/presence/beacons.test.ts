import { expect, test } from 'vitest'
import { createVirtualClock } from '../../../adapters/memory/virtual-clock.ts'
import { createDeviceSigner } from '../../../adapters/storage/device-signer.ts'
import { beaconMessage, encodeBeacon, readBeacon } from '../../../core/beacon.ts'
import type { Bytes } from '../../../core/bytes.ts'
import { peerIdOf } from '../../../core/peer-id.ts'
import type { PeerId } from '../../../core/ids.ts'
import { groupAnswers, groupRequests } from '../../../protocol/group.ts'
import { signWith } from '../../../core/signature.ts'
import type { BeaconsSaid } from '../../../protocol/sync-messages.ts'
import { bytesOf, createWorld, dropped, row, startHolders, type RiggedPeer } from '../../../sim/world.ts'
import { createBeacons } from './beacons.ts'

const [MINUTE, HOUR] = [60_000, 3_600_000]

test('[BEA1, BEA3] somebody two hops away is seen by beacons alone, over lines that are open, and not after it has gone', async () => {
  const world = createWorld()
  const [ada, bob, eve] = await startHolders(world, 3)
  if (!ada || !bob || !eve) throw new Error('three people')
  const owner = await world.start('owner', { offerBytes: 0 })
  const [id = ''] = await world.run(owner.peer.storeFiles([dropped('film.bin', bytesOf('film', 5_000))]))
  await world.until(() => row(owner, id).meter?.value === 3 && row(owner, id).canShare === true)
  await world.run(owner.peer.close())
  world.swarm.separate(ada.peerId, eve.peerId)
  await world.clock.advance(12 * HOUR)
  const silence = (): number => world.clock.now() - seenAt(eve, ada.peerId)
  expect(silence()).toBeLessThanOrEqual(HOUR + 3 * MINUTE)
  world.kill(ada)
  await world.clock.advance(12 * HOUR)
  expect(silence()).toBeGreaterThan(10 * HOUR)
})

test('[BEA1] a beacon is made at the start, every period, after a loss and after a sleep once, and at goodbye', async () => {
  const desk = openDesk()
  await desk.clock.advance(10 * MINUTE)
  expect(desk.made()).toBe(1)
  await desk.clock.advance(3 * HOUR)
  expect(desk.made()).toBe(4)
  desk.loseSomething()
  desk.beacons.look()
  await desk.clock.advance(2 * MINUTE)
  expect([desk.made(), desk.last()?.storeEpoch[0]]).toEqual([5, 1])
  desk.clock.sleep(30 * HOUR)
  desk.beacons.look()
  await desk.clock.advance(3 * MINUTE)
  expect(desk.made()).toBe(6)
  await desk.beacons.farewell()
  expect(desk.made()).toBe(7)
})

test('[BEA3, BEA4] whoever is asked over a new line asks with its answer, and not again', async () => {
  const eve = peerIdOf(new Uint8Array(32).fill(5))
  const desk = openDesk(undefined, [eve])
  desk.cut()
  await desk.clock.advance(10 * MINUTE)
  desk.mend()
  const { wanted, beacons } = await desk.beacons.answer(desk.line, { wanted: [], beacons: [] })
  expect([wanted, beacons.length]).toEqual([[eve], 1])
  desk.beacons.look()
  await desk.clock.advance(10 * MINUTE)
  expect(desk.said()).toBe(0)
})

test('[SYN1] a peer that does not speak of beacons is left alone for a day', async () => {
  const desk = openDesk(() => 'not spoken')
  await desk.clock.advance(20 * HOUR)
  expect(desk.said()).toBe(1)
  await desk.clock.advance(6 * HOUR)
  expect(desk.said()).toBe(2)
})

test('[BEA4] 256 wanted people, a third of them there, cost less than 1 MB a day', async () => {
  const clock = createVirtualClock()
  const signer = createDeviceSigner(new Uint8Array(32).fill(1))
  const hops = [1, 2, 3].map((number) => peerIdOf(new Uint8Array(32).fill(number)))
  const seeds = Array.from({ length: 256 }, (_, at) => Uint8Array.from({ length: 32 }, (_each, place) => (place === 0 ? at : 77)))
  const people = seeds.map((seed) => createDeviceSigner(seed).peerId)
  const placeByPerson = new Map(people.map((peer, at) => [peer, at]))
  const placeOf = (peer: PeerId): number => placeByPerson.get(peer) ?? 0
  const neighbours = Array.from({ length: 12 }, (_, at) => {
    const peer = createDeviceSigner(new Uint8Array(32).fill(100 + at)).peerId
    return { peer, wanted: new Set<PeerId>(), passed: new Map<PeerId, number>() }
  })
  const newest = new Map<PeerId, { readonly bytes: Bytes; readonly time: number }>()
  const taken = new Map<PeerId, number>()
  let [received, sent, made] = [0, 0, 0]
  /** A neighbour that hears of seven people in ten, says what it was asked for, and says it once. */
  const say = (line: (typeof neighbours)[number]): readonly Bytes[] => {
    const fresh = [...line.wanted].flatMap((peer) => {
      const beacon = (placeOf(peer) * 7 + neighbours.indexOf(line) * 3) % 10 < 7 ? newest.get(peer) : undefined
      if (beacon === undefined || line.passed.get(peer) === beacon.time || clock.now() - beacon.time > 2.5 * HOUR) return []
      line.passed.set(peer, beacon.time)
      return [beacon.bytes]
    })
    return fresh.slice(0, 192)
  }
  const beacons = createBeacons({
    signer,
    clock,
    papers: { now: clock.now, passed: clock.now },
    beaconMs: HOUR,
    storeEpoch: () => new Uint8Array(16),
    hops: () => hops,
    lines: () => neighbours.map(({ peer }) => peer),
    isNear: (peer) => neighbours.some((line) => line.peer === peer),
    wanted: () => people,
    async exchange(peer, said) {
      const line = neighbours.find((each) => each.peer === peer)
      if (line === undefined) throw new Error('a neighbour')
      sent += groupRequests.encode({ is: 'beacons', ...said }).length
      if (said.wanted) line.wanted = new Set(said.wanted)
      const answer = { beacons: say(line) }
      received += groupAnswers.encode({ is: 'beacons', ...answer }).length
      return answer
    },
    onTaken: ({ peer }) => void taken.set(peer, clock.now()),
  })
  const ending = new AbortController()
  beacons.run(ending.signal).catch(() => undefined)
  // Everybody is there for eight hours of twenty-three, at its own time.
  for (let minute = 0; minute < 1_440; minute++) {
    for (const [at, seed] of seeds.entries()) {
      const peer = people[at]
      if (peer === undefined || (minute + at * 131) % 60 !== 0 || (minute + at * 97) % 1_380 >= 480) continue
      const fields = { peer, time: clock.now(), storeEpoch: new Uint8Array(16), hops }
      newest.set(peer, { bytes: encodeBeacon(fields, signWith(seed, beaconMessage(fields))), time: fields.time })
      made++
    }
    for (const line of neighbours) {
      const said = { beacons: say(line) }
      if (said.beacons.length === 0) continue
      received += groupRequests.encode({ is: 'beacons', ...said }).length
      const answer = await beacons.answer(line.peer, said)
      sent += groupAnswers.encode({ is: 'beacons', ...answer }).length
    }
    await clock.advance(MINUTE)
  }
  ending.abort()
  console.log(`256 wanted people: ${made} beacons, ${received} bytes received, ${sent} sent a day; ${taken.size} people heard`)
  expect(taken.size).toBeGreaterThan(250)
  expect(received + sent).toBeLessThan(1_000_000)
}, 120_000)

function seenAt({ peer }: RiggedPeer, other: PeerId): number {
  return peer.snapshot().people.find((person) => person.peer === other)?.seenAt ?? 0
}

/** A device with one line; `exchange` answers what it says. */
function openDesk(exchange: (said: BeaconsSaid) => BeaconsSaid | 'not spoken' = () => ({ beacons: [] }), wanted: readonly PeerId[] = []) {
  const clock = createVirtualClock()
  const line = peerIdOf(new Uint8Array(32).fill(9))
  const own = new Map<number, Bytes>()
  let [losses, said, isCut] = [0, 0, false]
  const beacons = createBeacons({
    signer: createDeviceSigner(new Uint8Array(32).fill(1)),
    clock,
    papers: { now: clock.now, passed: clock.now },
    beaconMs: HOUR,
    storeEpoch: () => new Uint8Array(16).fill(losses),
    hops: () => [],
    lines: () => (isCut ? [] : [line]),
    isNear: (peer) => peer === line,
    wanted: () => wanted,
    exchange: async (_line, words) => {
      said++
      for (const bytes of words.beacons) own.set(readBeacon(bytes).time, bytes)
      return exchange(words)
    },
    onTaken: () => undefined,
  })
  beacons.run(new AbortController().signal).catch(() => undefined)
  const last = () => [...own.values()].map((bytes) => readBeacon(bytes)).at(-1)
  const [cut, mend] = [() => void (isCut = true), () => void (isCut = false)]
  return { clock, beacons, line, made: () => own.size, said: () => said, last, loseSomething: () => losses++, cut, mend }
}
