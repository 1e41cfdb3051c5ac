import { describe, expect, it } from 'vitest'
import { sizeOnDisk } from '../../../adapters/storage/slabs/slab-layout.ts'
import { concatBytes, hex, type Bytes } from '../../../core/bytes.ts'
import { defaultPolicy } from '../../../core/policy.ts'
import { SLICE_BYTES } from '../../../core/sizes.ts'
import type { Network } from '../../../ports/network.ts'
import type { ShardStore } from '../../../ports/shard-store.ts'
import { protocolOf } from '../../../protocol/conversation.ts'
import { askWho, tell } from '../../../protocol/group.ts'
import { shardAnswers, shardRequests } from '../../../protocol/shard-messages.ts'
import { askToStore } from '../../../protocol/store-shard.ts'
import { createWire, type Wire } from '../../../protocol/wire.ts'
import {
  attacked,
  createRig,
  nextChange,
  outcome,
  type OwnedSegment,
  type Rig,
  type RiggedHolder,
  shardsOnDisk,
  storedRig,
  until,
} from '../../../sim/holder.rig.ts'
import { codeOf } from '../../../core/errors.ts'

const DAY_MS = 86_400_000

describe('a peer that attacks a holder by its stream', () => {
  it('[WIR5] gets nowhere by saying nothing: after 10 s its streams are gone and others are served', async () => {
    const { rig, ada, eve } = await attacked()
    const silent = await Promise.all(Array.from({ length: 8 }, () => eve.open(ada.peer, protocolOf('shard'))))
    await expect(eve.open(ada.peer, protocolOf('shard'))).rejects.toMatchObject({ code: 'stream-closed' })
    await rig.clock.advance(10_500)
    for (const channel of silent) expect(codeOf(await channel.read().catch((error: unknown) => error))).toBe('stream-closed')
    expect(await outcome(rig.place(eve, ada.peer, rig.own('eve'), 0))).toBe('done')
  })

  it.each([
    ['2^40 bytes', [1, 128, 128, 128, 128, 128, 32]],
    ['one byte more than a message may have', [1, 129, 128, 4]],
    ['no end of its length', [1, 128, 128, 128, 128]],
    ['a length that is not in its shortest form', [1, 129, 0]],
    ['another version', [2, 5, 1, 2, 3, 4, 5]],
    ['no object', [1, 3, 1, 255, 255]],
    ['an object that is no request', [1, 5, 1, 161, 1, 24, 99]],
  ])('[WIR3] is cut off when it announces %s', async (_what, bytes) => {
    const { ada, eve } = await attacked()
    for (const name of ['shard', 'group']) {
      const channel = await eve.open(ada.peer, protocolOf(name))
      await outcome(channel.write(Uint8Array.from(bytes)))
      expect(codeOf(await channel.read().catch((error: unknown) => error))).toBe('stream-closed')
    }
    expect(ada.host.used()).toBe(0)
  })

  it('[STO2] more bytes than the shard has end the stream; what fitted may be gone on with', async () => {
    const { rig, ada, eve } = await attacked()
    const segment = rig.own('film')
    const shard = segment.shards[0] ?? new Uint8Array()
    const wire = await store(rig, eve, ada.peer, segment, 0)
    const isReleased = nextChange(ada.host)
    await wire.writeFrame(shard.subarray(0, 262_144))
    await outcome(wire.writeFrame(concatBytes(shard.subarray(262_144), new Uint8Array(1))))
    await isReleased
    expect(ada.host.kept()).toEqual([])
    const resumed = await askToStore(eve, rig.clock, ada.peer, segment.offer(ada.peer, 0))
    expect(resumed.is === 'wanted' && resumed.from).toBe(262_144)
  })

  it('[STO2] empty data frames do not keep a place', async () => {
    const { rig, ada, eve } = await attacked()
    const wire = await store(rig, eve, ada.peer, rig.own('film'), 0)
    expect(ada.host.used()).toBe(sizeOnDisk(500_000))
    const isFree = until(ada.host, () => ada.host.used() === 0)
    await outcome(wire.writeFrame(new Uint8Array()))
    await isFree
    expect(await outcome(wire.readFrame(65_536))).toBe('stream-closed')
  })

  it('[STO5] bytes that trickle do not keep a place, and the room is free again', async () => {
    const rig = createRig()
    let written = (): void => undefined
    const watched = (shards: ShardStore): ShardStore => ({
      ...shards,
      write: (...draft) => shards.write(...draft).then(() => written()),
    })
    const [ada, eve] = [await rig.holder('ada', { shards: watched }), rig.join('eve')]
    const segment = rig.own('film')
    const wire = await store(rig, eve, ada.peer, segment, 0)
    const isReleased = until(ada.host, () => ada.host.used() < 500_000)
    let frames = 0
    for (let isTaken = true; isTaken; frames++) {
      const isWritten = new Promise<void>((resolve) => (written = resolve))
      await outcome(wire.writeFrame(segment.shards[0]?.subarray(frames, frames + 1) ?? new Uint8Array()))
      isTaken = await Promise.race([isWritten.then(() => true), isReleased.then(() => false)])
      await rig.clock.advance(20_000)
    }
    // Every store has a minute to get going: frames at 0, 20, 40 and 60 s were taken.
    expect(frames).toBe(5)
    // Bytes that were never acknowledged do not stay.
    expect(ada.host.used()).toBe(0)
  })
})

describe('a peer that attacks a holder by what it stores', () => {
  it('[STO6] slices out of order are not the shard', async () => {
    const { rig, ada, eve } = await attacked()
    const segment = rig.own('film', { sealedLength: 4 * SLICE_BYTES })
    const swap = (shard: Bytes) => concatBytes(shard.subarray(SLICE_BYTES), shard.subarray(0, SLICE_BYTES))
    expect(await outcome(rig.place(eve, ada.peer, { ...segment, shards: segment.shards.map(swap) }, 0))).toBe('BAD-REQUEST')
    expect(await outcome(rig.place(eve, ada.peer, { ...segment, shards: segment.shards.toReversed() }, 0))).toBe('BAD-REQUEST')
    expect(ada.host.used()).toBe(0)
  })

  it('[ADM3] of two offers of one shard at once the second waits its turn', async () => {
    const { rig, ada, eve } = await attacked()
    const segment = rig.own('film')
    const results = await Promise.all(['owner', 'guardian'].map((name) => outcome(rig.place(rig.join(name), ada.peer, segment, 0))))
    expect(results.toSorted()).toEqual(['BUSY', 'done'])
    expect(await outcome(rig.place(eve, ada.peer, segment, 0))).toBe('done')
    expect(shardsOnDisk(ada.host)).toBe(sizeOnDisk(500_000))
  })

  it('[ADM2] one peer holds no more than four places', async () => {
    const { rig, ada, eve } = await attacked()
    const wires: Wire[] = []
    for (let at = 0; at < 4; at++) wires.push(await store(rig, eve, ada.peer, rig.own(`film ${at}`), 0))
    expect(await outcome(rig.place(eve, ada.peer, rig.own('one more'), 0))).toBe('BUSY')
    expect(await outcome(rig.place(rig.join('owner'), ada.peer, rig.own('mine'), 0))).toBe('done')
    const isFree = until(ada.host, () => shardsOnDisk(ada.host) === sizeOnDisk(500_000))
    for (const wire of wires) wire.abort()
    await isFree
    expect(await outcome(rig.place(eve, ada.peer, rig.own('one more'), 0))).toBe('done')
  })

  it('[ADM6] wrong bytes that somebody else began do not spoil the shard of its owner', async () => {
    const { rig, ada, eve } = await attacked()
    const segment = rig.own('film')
    await beginWrong(rig, eve, ada, segment)
    expect(ada.host.used()).toBeGreaterThan(100_000)
    const owner = rig.join('owner')
    const turn = await askToStore(owner, rig.clock, ada.peer, segment.offer(ada.peer, 0))
    expect(turn.is === 'wanted' && turn.from).toBe(0)
    if (turn.is === 'wanted') await turn.send(segment.shards[0] ?? new Uint8Array()).then(() => turn.finish())
    expect(ada.host.facts().pieces).toBe(1)
  })

  it('[ADM6] after a restart nobody is blamed for what somebody else began', async () => {
    const { rig, ada, eve } = await attacked()
    const segment = rig.own('film')
    await beginWrong(rig, eve, ada, segment)
    ada.host.close()
    await rig.holder('ada', { files: ada.files })
    const owner = rig.join('owner')
    expect(await outcome(rig.place(owner, ada.peer, segment, 0))).toBe('BUSY')
    expect(await outcome(rig.place(owner, ada.peer, segment, 0))).toBe('done')
  })

  it('[ADM6] a descriptor that lies about a shard does not spoil it for those whose it is', async () => {
    const { rig, ada, eve } = await attacked()
    const segment = rig.own('film')
    const lie = rig.ownAgain(segment, 'another group')
    await beginWrong(rig, eve, ada, lie)
    expect(await outcome(rig.place(eve, ada.peer, segment, 0))).toBe('done')
    expect(ada.host.kept().map(({ groupId }) => groupId)).toEqual([hex(segment.groupId)])
  })

  it('[ADM4] tiny shards are booked with what they cost', async () => {
    const rig = createRig()
    const policy = { newcomerBytes: 45_000, newcomersShare: 1 }
    const ada = await rig.holder('ada', { policy: { ...defaultPolicy, ledger: policy } })
    const eve = rig.join('eve')
    const results: string[] = []
    for (let at = 0; at < 4; at++) results.push(await outcome(rig.place(eve, ada.peer, rig.own(`tiny ${at}`, { sealedLength: 2 }), 0)))
    expect(results).toEqual(['done', 'done', 'QUOTA', 'QUOTA'])
    expect(shardsOnDisk(ada.host)).toBe(2 * sizeOnDisk(1))
  })

  it('[ADM1] charters from the future, forged ones and those of another group buy nothing', async () => {
    const { rig, ada, eve } = await attacked()
    const segment = rig.own('film')
    const now = rig.clock.now()
    const ask = (charter: Bytes) => outcome(askToStore(eve, rig.clock, ada.peer, { ...segment.offer(ada.peer, 0), charter }))
    expect(await ask(segment.charter({ seq: now + 3 * DAY_MS + 1 }))).toBe('BAD-REQUEST')
    expect(await ask(segment.charter({ until: now + 400 * DAY_MS + 1 }))).toBe('BAD-REQUEST')
    expect(await ask(rig.own('other').charter())).toBe('BAD-REQUEST')
    const charter = segment.charter()
    for (let at = 0; at < charter.length; at += 7) {
      const forged = charter.map((byte, place) => (place === at ? byte ^ 64 : byte))
      expect(['BAD-REQUEST', 'BAD-SIGNATURE']).toContain(await ask(forged))
    }
    expect(ada.host.used()).toBe(0)
    expect(await outcome(askWho(eve, rig.clock, ada.peer, segment.groupId))).toBe('UNKNOWN')
  })

  it('[KEE3] a shard whose group ends while its bytes come is not kept', async () => {
    const { rig, ada, segment, owner } = await storedRig()
    const second = rig.ownAgain(rig.own('second part'), 'film')
    const before = shardsOnDisk(ada.host)
    const turn = await askToStore(owner, rig.clock, ada.peer, second.offer(ada.peer, 0))
    if (turn.is !== 'wanted') throw new Error('not wanted')
    await tell(owner, rig.clock, ada.peer, { tombstone: segment.tombstone(5000), claims: [] })
    await turn.send(second.shards[0] ?? new Uint8Array())
    expect(await outcome(turn.finish())).toBe('EXPIRED')
    expect(shardsOnDisk(ada.host)).toBe(before)
    expect(ada.host.kept()).toEqual([])
  })
})

/** Opens a stream on which the holder has said that it wants the shard. */
async function store(rig: Rig, network: Network, peer: Network['self'], segment: OwnedSegment, index: number): Promise<Wire> {
  const wire = createWire(await network.open(peer, protocolOf('shard')), rig.clock)
  await wire.writeFrame(shardRequests.encode({ is: 'store', ...segment.offer(peer, index) }))
  expect(answerOf(await wire.readFrame(65_536))).toBe('wanted')
  return wire
}

function answerOf(frame: Uint8Array): string {
  const answer = shardAnswers.decode(frame)
  return answer.is === 'refused' ? answer.refusal : answer.is
}

/** Leaves a half-done shard 0 of wrong bytes. */
async function beginWrong(rig: Rig, network: Network, { peer, host }: RiggedHolder, segment: OwnedSegment): Promise<void> {
  const turn = await askToStore(network, rig.clock, peer, segment.offer(peer, 0))
  if (turn.is !== 'wanted') throw new Error('not wanted')
  const isReleased = nextChange(host)
  await turn.send(new Uint8Array(131_072).fill(7))
  await turn.send(new Uint8Array(1).fill(7))
  // Both are on their way to the disk and stay there when the sender leaves now.
  await rig.clock.advance(1)
  turn.abort()
  await isReleased
}
