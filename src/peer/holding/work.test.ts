import { expect, test, vi } from 'vitest'
import { createVirtualClock } from '../../adapters/memory/virtual-clock.ts'
import type { Bytes } from '../../core/bytes.ts'
import { HoardError } from '../../core/errors.ts'
import { brandBytes, type SegmentId, type ShardId, type GroupId, type PeerId } from '../../core/ids.ts'
import type { Coder } from '../../ports/coder.ts'
import type { ShardEntry } from '../../ports/shard-store.ts'
import { askToDescribe, askWhetherHas, openFetch } from '../../protocol/fetch-shard.ts'
import { askWho, tell } from '../../protocol/group.ts'
import { protocolOf } from '../../protocol/conversation.ts'
import { groupAnswers, groupRequests } from '../../protocol/group.ts'
import { askToStore } from '../../protocol/store-shard.ts'
import { createWire } from '../../protocol/wire.ts'
import { attacked, claimOf, createRig, outcome, storedRig } from '../../sim/holder.rig.ts'
import { createWork } from './work.ts'

const HOUR_MS = 3_600_000

function forged(bytes: Bytes): Bytes {
  return bytes.map((byte, at) => (at === bytes.length - 1 ? byte ^ 1 : byte))
}

test('[WRK2] a bad signature behind hundreds of good ones is paid for by who sends it: what was good is not checked again, then nothing is', async () => {
  const { rig, ada, owner, segment } = await storedRig()
  // Only a peer that placed something of the group may tell of so many.
  const good = await Promise.all(Array.from({ length: 250 }, (_, at) => claimOf(`made up ${at}`, segment, 1)))
  const claims = [...good, forged(await claimOf('bob', segment, 1))]
  const before = ada.host.facts().checks
  const say = () => outcome(tell(owner, rig.clock, ada.peer, { claims }))
  expect(await say()).toBe('BAD-SIGNATURE')
  expect(ada.host.facts().checks - before).toBe(251)
  const results: string[] = []
  for (let at = 0; at < 30; at++) results.push(await say())
  expect(results.indexOf('RATE')).toBeGreaterThan(0)
  expect(results.lastIndexOf('BAD-SIGNATURE')).toBeLessThan(results.indexOf('RATE'))
  expect(ada.host.facts().checks - before).toBeLessThan(251 + 16)
  // Other peers are not affected, and an hour forgives.
  expect(await outcome(tell(rig.join('bob'), rig.clock, ada.peer, { claims: [await claimOf('bob', segment, 1)] }))).toBe('done')
  await rig.clock.advance(HOUR_MS)
  expect(await say()).toBe('BAD-SIGNATURE')
})

test('[WRK2] the conversation ends with a bad signature', async () => {
  const { rig, ada, eve, segment } = await storedRig()
  const wire = createWire(await eve.open(ada.peer, protocolOf('group')), rig.clock)
  const say = async (claim: Bytes) => wire.writeFrame(groupRequests.encode({ is: 'tell', claims: [claim] }))
  await say(forged(await claimOf('bob', segment, 1)))
  expect(groupAnswers.decode(await wire.readFrame(65_536))).toEqual({ is: 'refused', refusal: 'BAD-SIGNATURE' })
  expect(await wire.readFrameOrEnd(65_536)).toBeUndefined()
})

test('[WRK3] claims that are old, of no group kept, of no segment kept, or that have no room, cost no signature', async () => {
  const { rig, ada, eve, owner, segment } = await storedRig()
  await tell(owner, rig.clock, ada.peer, { claims: [await claimOf('bob', segment, 5)] })
  const other = rig.own('other')
  const elsewhere = [{ segmentId: other.segmentId, index: 1 }]
  const before = ada.host.facts().checks
  const claims = [
    forged(await claimOf('bob', segment, 4)),
    await claimOf('bob', segment, 5),
    forged(await claimOf('carol', other, 1)),
    forged(await claimOf('carol', segment, 1, elsewhere)),
  ]
  expect(await outcome(tell(eve, rig.clock, ada.peer, { charter: segment.charter({ seq: 900 }), claims }))).toBe('done')
  expect(ada.host.facts().checks).toBe(before)
})

test('[WRK3] a STORE whose charter and permit are known, or that does not fit together, costs no signature', async () => {
  const { rig, ada, eve, segment } = await storedRig()
  const other = rig.own('other')
  const offer = segment.offer(ada.peer, 0)
  const before = ada.host.facts().checks
  const ask = (changed: Partial<typeof offer>) => outcome(askToStore(eve, rig.clock, ada.peer, { ...offer, ...changed }))
  expect(await ask({})).toBe('done')
  expect(await ask({ charter: other.charter() })).toBe('BAD-REQUEST')
  expect(await ask({ permit: other.offer(ada.peer, 0).permit })).toBe('BAD-REQUEST')
  expect(ada.host.facts().checks).toBe(before)
})

test('[WRK1] signatures of many identities are bounded for each of them', async () => {
  const { rig, ada, segment } = await storedRig()
  const eve = rig.join('eve')
  const before = ada.host.facts().checks
  let rates = 0
  for (let seq = 2; rates === 0; seq++) {
    // Newer and newer claims with good signatures: each is checked and kept, at a price.
    const claims = await Promise.all(Array.from({ length: 128 }, (_, at) => claimOf(`made up ${at}`, segment, seq)))
    if ((await outcome(tell(eve, rig.clock, ada.peer, { claims }))) === 'RATE') rates++
  }
  expect(ada.host.facts().checks - before).toBe(1024)
})

test('[WRK1] an owner that stores and tells of file after file without a pause is never refused', async () => {
  const rig = createRig()
  const ada = await rig.holder('ada')
  const owner = rig.join('owner')
  const results = new Set<string>()
  for (let file = 0; file < 45; file++) {
    const segment = rig.own(`film ${file}`, { sealedLength: 64 })
    results.add(await outcome(rig.place(owner, ada.peer, segment, 0)))
    const claims = await Promise.all(Array.from({ length: 24 }, (_, at) => claimOf(`holder ${at}`, segment, 1)))
    results.add(await outcome(tell(owner, rig.clock, ada.peer, { charter: segment.charter({ seq: 2000 }), claims })))
  }
  expect(ada.host.facts().checks).toBeGreaterThan(1_100)
  expect(results).toEqual(new Set(['done']))
})

test('[WRK1] renewing the charters of any number of files costs nothing, from whatever device, once an hour', async () => {
  const rig = createRig()
  const ada = await rig.holder('ada')
  const segments = Array.from({ length: 60 }, (_, file) => rig.own(`film ${file}`, { sealedLength: 64 }))
  for (const segment of segments) await rig.place(rig.join('owner'), ada.peer, segment, 0)
  await rig.clock.advance(2 * HOUR_MS)
  const phone = rig.join('phone')
  const [first = rig.own('none')] = segments
  const wrong = forged(await claimOf('bob', first, 1))
  // Fifteen bad signatures leave fewer than fifty checks.
  for (let at = 0; at < 15; at++) await outcome(tell(phone, rig.clock, ada.peer, { claims: [wrong] }))
  const renew = async (seq: number) => {
    const results = new Set<string>()
    for (const segment of segments)
      results.add(await outcome(tell(phone, rig.clock, ada.peer, { charter: segment.charter({ seq }), claims: [] })))
    return [...results]
  }
  expect(await renew(2000)).toEqual(['done'])
  expect(await renew(2001)).toEqual(['done', 'RATE'])
})

test('[WRK4] messages about groups and segments that are not kept look at no shard and check no signature', async () => {
  const rig = createRig()
  let looks = 0
  const bytes = (at: number, kind: number): Uint8Array<ArrayBuffer> => {
    const id = new Uint8Array(32).fill(kind)
    new DataView(id.buffer).setUint32(0, at)
    return id
  }
  const many = Array.from({ length: 2_000 }, (_, at) => {
    const entry: ShardEntry = {
      shardId: brandBytes<ShardId>(bytes(at, 1)),
      segmentId: brandBytes<SegmentId>(bytes(at, 2)),
      groupId: brandBytes<GroupId>(bytes(at, 3)),
      index: 0,
      length: 4096,
      isWhole: true,
      kept: 4096,
      at: rig.clock.now(),
    }
    return new Proxy(entry, { get: (target, key) => (looks++, Reflect.get(target, key)) })
  })
  const ada = await rig.holder('ada', { shards: (store) => ({ ...store, list: async () => many }) })
  const [eve, segment] = [rig.join('eve'), rig.own('nowhere')]
  const { groupId, segmentId } = segment
  const { checks } = ada.host.facts()
  looks = 0
  expect(await outcome(tell(eve, rig.clock, ada.peer, { claims: [forged(await claimOf('bob', segment, 1))] }))).toBe('UNKNOWN')
  expect(await outcome(tell(eve, rig.clock, ada.peer, { charter: segment.charter(), claims: [] }))).toBe('UNKNOWN')
  expect(await outcome(tell(eve, rig.clock, ada.peer, { tombstone: segment.tombstone(5000), claims: [] }))).toBe('UNKNOWN')
  expect(await outcome(askWho(eve, rig.clock, ada.peer, groupId))).toBe('UNKNOWN')
  expect(await askWhetherHas(eve, rig.clock, ada.peer, [segmentId])).toEqual([])
  expect(await outcome(askToDescribe(eve, rig.clock, ada.peer, segmentId))).toBe('UNKNOWN')
  const turn = await openFetch(eve, rig.clock, ada.peer)
  expect(await outcome(turn.read({ segmentId, index: 0, firstLeaf: 0, leaves: 1 }))).toBe('UNKNOWN')
  turn.close()
  expect(ada.host.facts().checks).toBe(checks)
  expect(looks).toBe(0)
})

test('[KEE2] while a shard that is here already is digested, others have their turn', async () => {
  const rig = createRig()
  let goOn = (): void => undefined
  let isHeld = (): void => undefined
  const gate = {
    isClosed: false,
    open: new Promise<void>((resolve) => (goOn = resolve)),
    held: new Promise<void>((resolve) => (isHeld = resolve)),
  }
  const holding = (coder: Coder): Coder => ({
    ...coder,
    digestLeaves: async (leaves) => {
      if (gate.isClosed) {
        isHeld()
        await gate.open
      }
      return coder.digestLeaves(leaves)
    },
  })
  const ada = await rig.holder('ada', { coder: holding })
  const [owner, friend] = [rig.join('owner'), rig.join('friend')]
  const film = rig.own('film')
  await rig.place(owner, ada.peer, film, 0)
  gate.isClosed = true
  const again = rig.place(friend, ada.peer, rig.ownAgain(film, 'saved'), 0)
  await gate.held
  gate.isClosed = false
  expect(await outcome(rig.place(owner, ada.peer, rig.own('letter'), 0))).toBe('done')
  goOn()
  expect(await outcome(again)).toBe('done')
  expect(ada.host.facts().pieces).toBe(3)
})

test('a listener that throws fails no STORE', async () => {
  const { rig, ada, eve } = await attacked()
  const shown: unknown[] = []
  vi.stubGlobal('queueMicrotask', (work: () => void) => {
    try {
      work()
    } catch (error) {
      shown.push(error)
    }
  })
  try {
    ada.host.watch(() => {
      throw new Error('a bug of a screen')
    })
    expect(await outcome(rig.place(eve, ada.peer, rig.own('film'), 0))).toBe('done')
  } finally {
    vi.unstubAllGlobals()
  }
  expect(shown.length).toBeGreaterThan(0)
})

test('[WRK1] an hour forgives what a peer may cause, and a peer with shards here may cause more', async () => {
  const clock = createVirtualClock()
  const [few, many] = ['few' as PeerId, 'many' as PeerId]
  const work = createWork(clock, (peer) => (peer === many ? 10 : 0))
  const causes = (peer: PeerId): number => {
    for (let checks = 0; ; checks++) {
      try {
        work.spend(peer, 1)
      } catch (error) {
        expect(error).toEqual(new HoardError('holder-refused', { refusal: 'RATE' }))
        return checks
      }
    }
  }
  expect([causes(few), causes(many)]).toEqual([1024, 1024 + 640])
  await clock.advance(HOUR_MS / 4)
  expect([causes(few), causes(many)]).toEqual([256, 416])
})
