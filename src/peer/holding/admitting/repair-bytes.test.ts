import { describe, expect, it } from 'vitest'
import type { Bytes } from '../../../core/bytes.ts'
import { checkClaim } from '../../../core/claim.ts'
import { decodeDescriptor, encodeDescriptor, segmentIdOf } from '../../../core/descriptor.ts'
import { givesWay } from '../../../core/healing/new-pieces.ts'
import type { PieceSeen } from '../../../core/healing/repair-need.ts'
import type { PeerId } from '../../../core/ids.ts'
import { hashLeaf, merkleRoot } from '../../../core/merkle.ts'
import { leafSpan } from '../../../core/segment.ts'
import { shardIdOf } from '../../../core/shard-id.ts'
import { openFetch } from '../../../protocol/fetch-shard.ts'
import { askToRepair } from '../../../protocol/repair-shard.ts'
import { createRig, nextChange, outcome, shardsOnDisk, until } from '../../../sim/holder.rig.ts'
import { sizeOnDisk } from '../../../adapters/storage/slabs/slab-layout.ts'
import { createDeviceSigner } from '../../../adapters/storage/device-signer.ts'
import { nextTurn } from '../../../adapters/memory/turn.ts'
import type { ShardStore } from '../../../ports/shard-store.ts'
import { createSeededRandom } from '../../../adapters/memory/seeded-random.ts'
import { askToStore } from '../../../protocol/store-shard.ts'
import { askWho, tell } from '../../../protocol/group.ts'
import { repairable, repairRig } from './repair.rig.ts'

describe('the bytes of a piece that a guardian brings', () => {
  it('[REP6] that comes twice at once is stored once: the second guardian is told BUSY, then that it is kept', async () => {
    const { rig, ada, bring } = await repairRig()
    const other = rig.join('other guardian')
    const results = await Promise.all([outcome(bring(5)), outcome(bring(5, { guardian: other }))])
    expect(results.toSorted()).toEqual(['BUSY', 'done'])
    expect(await outcome(bring(5, { guardian: other }))).toBe('done')
    expect(ada.host.facts().pieces).toBe(1)
  })

  it('[REP6] goes on where its guardian left off, begins anew for another one, and is refused when it is not what its id says', async () => {
    const disk = watchWrites()
    const { rig, ada, segment, begin, bring, said } = await repairRig({ shards: disk.shards })
    const shard = segment.shards[5] ?? new Uint8Array()
    const half = await begin(5)
    if (half === 'not spoken' || half.is !== 'wanted') throw new Error('wanted')
    const isReleased = nextChange(ada.host)
    await half.send(shard.subarray(0, 200_000))
    await disk.reach(131_072)
    half.abort()
    await isReleased
    const again = await begin(5)
    if (again === 'not spoken' || again.is !== 'wanted') throw new Error('wanted')
    expect(again.from).toBeGreaterThanOrEqual(131_072)
    const isLeft = nextChange(ada.host)
    again.abort()
    await isLeft
    const other = await begin(5, { guardian: rig.join('other guardian') })
    expect(other !== 'not spoken' && other.is === 'wanted' && other.from).toBe(0)
    if (other !== 'not spoken' && other.is === 'wanted') other.abort()
    expect(await said(6, { shard: new Uint8Array(shard.length) })).toBe('BAD-REQUEST')
    expect(ada.host.kept()).toEqual([])
    await bring(6)
  })

  it('[REP6] that was cut by a restart of its holder is gone on with by whoever comes', async () => {
    const disk = watchWrites()
    const { rig, ada, segment, claims, begin } = await repairRig({ shards: disk.shards })
    const shard = segment.shards[5] ?? new Uint8Array()
    const half = await begin(5)
    if (half === 'not spoken' || half.is !== 'wanted') throw new Error('wanted')
    await half.send(shard.subarray(0, 200_000))
    await disk.reach(131_072)
    ada.host.close()
    rig.swarm.kill(ada.peer)
    const again = await repairable(rig, 'ada', { files: ada.files })
    expect(again.host.kept()).toEqual([])
    const offer = { descriptor: segment.descriptor, charter: segment.charter(), index: 5, claims }
    const turn = await askToRepair(rig.join('other guardian'), rig.clock, again.peer, offer)
    if (turn === 'not spoken' || turn.is !== 'wanted') throw new Error('wanted')
    expect(turn.from).toBeGreaterThanOrEqual(131_072)
    await turn.send(shard.subarray(turn.from))
    expect(checkClaim(await turn.finish(), rig.clock.now()).rows).toEqual([{ segmentId: segment.segmentId, index: 5 }])
  })

  it('[REP6] has to match its id, also where a descriptor has a false one for a spare', async () => {
    const { rig, ada, segment, owner, keepers, said } = await repairRig({ count: 2 })
    const wrong = new Uint8Array(500_000).fill(7)
    const digests = Array.from({ length: segment.leaves }, (_, leaf) => {
      const { offset, length } = leafSpan(1_000_000, 2, leaf)
      return hashLeaf(wrong.subarray(offset, offset + length))
    })
    const fields = decodeDescriptor(segment.descriptor)
    const shardIds = fields.shardIds.map((id, at) => (at === 6 ? shardIdOf(6, wrong.length, merkleRoot(digests)) : id))
    const descriptor = encodeDescriptor({ ...fields, shardIds })
    const segmentId = segmentIdOf(descriptor)
    const claims: Bytes[] = []
    for (const [index, { peer }] of keepers.entries()) {
      const turn = await askToStore(owner, rig.clock, peer, {
        ...segment.offer(peer, index),
        descriptor,
        permit: segment.permit(peer, index, segmentId),
      })
      if (turn.is === 'kept') claims.push(turn.claim)
    }
    expect(claims.length).toBe(2)
    expect(await said(6, { descriptor, claims })).toBe('BAD-REQUEST')
    expect(ada.host.kept()).toEqual([])
    expect(await said(6, { descriptor, claims, shard: wrong })).toBe('done')
  })

  it('[REP6] does not throw away what the owner began', async () => {
    const disk = watchWrites()
    const { rig, ada, segment, owner, said } = await repairRig({ shards: disk.shards })
    const turn = await askToStore(owner, rig.clock, ada.peer, segment.offer(ada.peer, 5))
    if (turn.is !== 'wanted') throw new Error('wanted')
    const isReleased = nextChange(ada.host)
    await turn.send(segment.shards[5]?.subarray(0, 200_000) ?? new Uint8Array())
    await disk.reach(131_072)
    turn.abort()
    await isReleased
    expect(await said(5)).toBe('BUSY')
    const again = await askToStore(owner, rig.clock, ada.peer, segment.offer(ada.peer, 5))
    expect(again.is === 'wanted' && again.from).toBeGreaterThanOrEqual(131_072)
  })

  it('[REP6] is EXPIRED when its group ended while its bytes came, and nothing of it stays', async () => {
    const { rig, ada, segment, owner, begin } = await repairRig()
    const next = rig.ownAgain(rig.own('second part', { k: 2, n: 5 }), 'film')
    await rig.place(owner, ada.peer, next, 0)
    const turn = await begin(5)
    if (turn === 'not spoken' || turn.is !== 'wanted') throw new Error('wanted')
    await tell(owner, rig.clock, ada.peer, { tombstone: segment.tombstone(5000), claims: [] })
    await turn.send(segment.shards[5] ?? new Uint8Array())
    expect(await outcome(turn.finish())).toBe('EXPIRED')
    expect(ada.host.kept()).toEqual([])
  })

  it('[REP6] is FULL when the disk fills in the middle, and nothing is claimed', async () => {
    let writes = 0
    const { rig, ada, segment, owner, said } = await repairRig({
      shards: (store) => ({
        ...store,
        write: async (...draft) => {
          if (++writes > 2) throw Object.assign(new Error('full'), { code: 'storage-full' })
          return store.write(...draft)
        },
      }),
    })
    expect(await said(5)).toBe('FULL')
    expect(ada.host.kept()).toEqual([])
    expect(await outcome(askWho(owner, rig.clock, ada.peer, segment.groupId))).toBe('UNKNOWN')
    expect(ada.host.facts().roomBytes).toBe(0)
  })
})

describe('a double', () => {
  const nameOf = (peer: string) => createDeviceSigner(createSeededRandom(`peer ${peer}`).bytes(32)).peerId

  /** Returns the index among `keepers` that Ada keeps too, one that she gives up for 5 or not. */
  function doubleOf(keepers: readonly { readonly peer: PeerId }[], is: 'given up' | 'kept'): number {
    const { segmentId } = createRig().own('film', { k: 2, n: 5 })
    const seen = (peer: PeerId, index: number): PieceSeen<PeerId> => ({ peer, index, standing: 'proven', isLost: false, lastSeenAt: 0 })
    return keepers.findIndex(({ peer }, index) => givesWay(nameOf('ada'), index, 5, segmentId, [seen(peer, index)]) === (is === 'given up'))
  }

  it('[REP5] gives way to an index that nobody keeps, once that is whole and not before', async () => {
    const { rig, ada, owner, segment, keepers, claims, begin, said } = await repairRig()
    const index = doubleOf(keepers, 'given up')
    await rig.place(owner, ada.peer, segment, index)
    await tell(owner, rig.clock, ada.peer, { claims })
    // Nobody here has proven yet that it keeps the same.
    expect(await said(5)).toBe(`BAD-REQUEST ${index}`)
    const keeper = keepers[index]
    if (!keeper) throw new Error('a keeper')
    ada.conduct.noteProven(keeper.peer, { segmentId: segment.segmentId, index }, undefined)
    const turn = await begin(5)
    if (turn === 'not spoken' || turn.is !== 'wanted') throw new Error('wanted')
    await turn.send((segment.shards[5] ?? new Uint8Array()).subarray(0, 200_000))
    expect(ada.host.kept().map((row) => row.index)).toEqual([index])
    await turn.send((segment.shards[5] ?? new Uint8Array()).subarray(200_000))
    expect(checkClaim(await turn.finish(), rig.clock.now()).rows).toEqual([{ segmentId: segment.segmentId, index: 5 }])
    expect(ada.host.kept().map((row) => row.index)).toEqual([5])
    expect(shardsOnDisk(ada.host)).toBe(sizeOnDisk(500_000))
    const line = await openFetch(rig.join('reader'), rig.clock, ada.peer)
    const readOf = (of: number) => outcome(line.read({ segmentId: segment.segmentId, index: of, firstLeaf: 0, leaves: 1 }))
    expect([await readOf(index), await readOf(9 - index), await readOf(5)]).toEqual(['EXPIRED', 'UNKNOWN', 'done'])
    line.close()
  })

  it('[REP5] stays where it is the one of two that stays', async () => {
    const { rig, ada, owner, segment, keepers, claims, said } = await repairRig({ count: 5 })
    const index = doubleOf(keepers, 'kept')
    await rig.place(owner, ada.peer, segment, index)
    await tell(owner, rig.clock, ada.peer, { claims })
    const keeper = keepers[index]
    if (!keeper) throw new Error('a keeper')
    ada.conduct.noteProven(keeper.peer, { segmentId: segment.segmentId, index }, undefined)
    expect(await said(5)).toBe(`BAD-REQUEST ${index}`)
    expect(ada.host.kept().map((row) => row.index)).toEqual([index])
  })
})

describe.each([
  ['before the first', 0],
  ['after two fifths', 200_000],
  ['after all', 500_000],
])('a group of which nothing else is kept, ended %s of the bytes', (_when, cameBytes) => {
  it('[REP6] is EXPIRED for the piece that is brought, and nothing of it stays', async () => {
    const { rig, ada, segment, owner, begin } = await repairRig()
    const shard = segment.shards[5] ?? new Uint8Array()
    const turn = await begin(5)
    if (turn === 'not spoken' || turn.is !== 'wanted') throw new Error('wanted')
    if (cameBytes > 0) await turn.send(shard.subarray(0, cameBytes))
    await rig.clock.advance(1)
    await outcome(tell(owner, rig.clock, ada.peer, { tombstone: segment.tombstone(5000), claims: [] }))
    if (cameBytes < shard.length) await turn.send(shard.subarray(cameBytes))
    expect(await outcome(turn.finish())).toBe('EXPIRED')
    expect([ada.host.kept(), ada.host.used()]).toEqual([[], 0])
    expect(await outcome(askWho(owner, rig.clock, ada.peer, segment.groupId))).toBe('UNKNOWN')
  })

  it('[ADM1] is EXPIRED for the piece that its owner stores, and nothing of a stream that is cut stays', async () => {
    const rig = createRig()
    const [ada, owner, segment] = [await rig.holder('ada'), rig.join('owner'), rig.own('film')]
    const shard = segment.shards[0] ?? new Uint8Array()
    const begin = async () => {
      const turn = await askToStore(owner, rig.clock, ada.peer, segment.offer(ada.peer, 0))
      if (turn.is !== 'wanted') throw new Error('wanted')
      if (cameBytes > 0) await turn.send(shard.subarray(0, cameBytes))
      await rig.clock.advance(1)
      await tell(owner, rig.clock, ada.peer, { tombstone: segment.tombstone(5000), claims: [] })
      return turn
    }
    const whole = await begin()
    if (cameBytes < shard.length) await whole.send(shard.subarray(cameBytes))
    expect(await outcome(whole.finish())).toBe('EXPIRED')
    expect([ada.host.kept(), ada.host.used()]).toEqual([[], 0])
    const cut = await begin()
    cut.abort()
    // With all of its bytes there, the holder may have ended the stream before.
    await until(ada.host, () => ada.host.used() === 0)
    expect(ada.host.kept()).toEqual([])
  })
})

/** Returns a wrapper of a disk that tells when so many bytes of shards are written to it. */
function watchWrites() {
  let written = 0
  return {
    shards: (store: ShardStore): ShardStore => ({
      ...store,
      async write(facts, offset, bytes, at) {
        await store.write(facts, offset, bytes, at)
        written += bytes.length
      },
    }),
    async reach(bytes: number): Promise<void> {
      while (written < bytes) await nextTurn()
    },
  }
}
