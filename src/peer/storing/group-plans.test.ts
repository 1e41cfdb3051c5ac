import { expect, test } from 'vitest'
import { createMemoryFiles } from '../../adapters/memory/memory-files.ts'
import { createCoding } from '../../adapters/coding/create-coding.ts'
import { openMemoryStorage } from '../../adapters/memory/memory-storage.ts'
import { createSeededRandom } from '../../adapters/memory/seeded-random.ts'
import { createVirtualClock } from '../../adapters/memory/virtual-clock.ts'
import { idFromHex } from '../../core/vault/entry-id.ts'
import { encodeDescriptor, segmentIdOf, shardCountFor } from '../../core/descriptor.ts'
import { brandBytes, type FileKey, type ShardId } from '../../core/ids.ts'
import { peerIdOf } from '../../core/peer-id.ts'
import { defaultPolicy } from '../../core/policy.ts'
import type { SegmentPlan } from '../../core/segment.ts'
import { RECORD_PLAIN_BYTES, RECORD_SEALED_BYTES } from '../../core/sizes.ts'
import {
  countPlans,
  freeWindow,
  isComplete,
  planGroups,
  plansByGroup,
  safeEnd,
  splitPlans,
  verifiedCount,
  type GroupPlans,
} from './group-plans.ts'
import { openJournal, ROOT_PLACE } from '../groups/journal.ts'
import { commitContent, isContent, toContent, type Content } from './content.ts'
import { createOwnerKeyring } from '../vault/owner.ts'
import { openLocalVault } from '../vault/local-vault.ts'
import { verifiedPieces, type PieceStage, type PlacedSegment } from '../placing/placed-segment.ts'

const code = { k: 2, m: 5, n: 8 }
const verified = (_group: unknown, segment: PlacedSegment): number => verifiedPieces(segment).length
/** One stripe of two records a segment, so that a part of the spool (64 records) is 32 segments. */
const policy = { ...defaultPolicy, segment: { bytes: 2 * RECORD_SEALED_BYTES } }
const SEGMENT_SEALED = 2 * RECORD_SEALED_BYTES
const PART_SEGMENTS = 32
const ID = idFromHex('0123456789abcdef0123456789abcdef')

test.each([
  [1, [1]],
  [221, [221]],
  [225, [224, 1]],
  [305, [224, 81]],
  [449, [224, 224, 1]],
])('a file of %i segments lies in groups of %j, which the vault knows', async (segments, split) => {
  const device = await openDevice()
  const { file, tools } = await device.start(sizeWith(segments))
  const work = await planGroups(tools, file, code)
  expect(work.map(({ plans }) => plans.length)).toEqual(split)
  expect(file).toMatchObject({ code, segmentCount: segments })
  // Together the segments cover the file, in order.
  let end = 0
  for (const { sealedOffset, sealedLength } of work.flatMap(({ plans }) => plans)) {
    expect(sealedOffset).toBe(end)
    end += sealedLength
  }
  expect(end).toBe(file.sealedBytes)
  const known = tools.vault.entries.get(ID)?.layout?.value
  expect(known).toMatchObject({ ...code, records: recordsOf(file, split) })
  expect(new Set(work.map(({ group }) => group.groupId)).size).toBe(split.length)

  // After a restart, and when they are planned again, the groups are the same.
  const again = await device.start()
  const reopened = await planGroups(again.tools, again.file, code)
  expect(reopened.map(({ group }) => group.groupId)).toEqual(work.map(({ group }) => group.groupId))
  expect((await planGroups(again.tools, again.file, code)).map(({ group }) => group)).toEqual(reopened.map(({ group }) => group))
})

test('groups that do not fit the file are damage, not fewer segments', async () => {
  const device = await openDevice()
  const { file, tools } = await device.start(sizeWith(305))
  await planGroups(tools, file, code)
  file.groups = file.groups.slice(0, 1)
  await expect(planGroups(tools, file, code)).rejects.toMatchObject({ code: 'storage-damaged' })
})

test('work is what goes over the wire: n shards of every segment of every group, and of them those that somebody claims', async () => {
  const { file, tools } = await (await openDevice()).start(sizeWith(225))
  const work = await planGroups(tools, file, code)
  // 224 shards of a whole record each, and one of half of what is left.
  const last = Math.ceil((file.sealedBytes - 224 * SEGMENT_SEALED) / 2)
  expect(file.wire).toEqual({ done: 0, total: 8 * (224 * RECORD_SEALED_BYTES + last) })
  place(work, 0, ['assigned', 'claimed', 'verified', 'verified'])
  place(work, 224, ['verified', 'assigned'])
  // A manifest is not counted.
  putAt(work[0], ROOT_PLACE, ['verified', 'verified'])
  countPlans(file, work, code)
  expect(file.wire).toEqual({ done: 3 * RECORD_SEALED_BYTES + last, total: 8 * (224 * RECORD_SEALED_BYTES + last) })
})

test('a window frees what m people keep, with all before it, over the border of a group', async () => {
  const { file, tools, spooled } = await (await openDevice()).start(sizeWith(305))
  const work = await planGroups(tools, file, code)
  for (let part = 0; part * PART_SEGMENTS < 305; part++)
    await file.spool.write(part * PART_SEGMENTS * SEGMENT_SEALED, new Uint8Array([part]))
  await commitContent(tools.journal, file, (note) => ({ ...note, sealedBytes: file.sealedBytes, hasOutbox: true }))
  const whole = await spooled()
  expect(whole).toHaveLength(10)
  const safe = Array.from({ length: code.m }, (): PieceStage => 'verified')
  const unsafe: PieceStage[] = [...safe.slice(1), 'claimed', 'claimed', 'assigned']

  // A gap, and a segment that was claimed and not read back, hold up all that come after.
  for (let at = 0; at < 305; at++) if (at !== 100 && at !== 230) place(work, at, safe)
  place(work, 230, unsafe)
  await freeWindow(tools, file, code, work)
  expect(await spooled()).toEqual(whole)
  file.activity.isWindowed = true
  await freeWindow(tools, file, code, work)
  expect([file.freedBytes, safeEnd(file)]).toEqual([100 * SEGMENT_SEALED, 100 * SEGMENT_SEALED])
  expect(await spooled()).toEqual(whole.slice(3))

  place(work, 100, safe)
  await freeWindow(tools, file, code, work)
  expect(file.freedBytes).toBe(230 * SEGMENT_SEALED)
  expect(await spooled()).toEqual(whole.slice(7))
  place(work, 230, safe)
  // From now on the journal says that it is a window, whatever the page remembers.
  file.activity.isWindowed = false
  await freeWindow(tools, file, code, work)
  expect(file.freedBytes).toBe(file.sealedBytes)
  expect(await spooled()).toEqual(whole.slice(9))
})

test('the journal knows that a file has no whole copy before anything of it is freed', async () => {
  const device = await openDevice()
  const { file, tools } = await device.start(sizeWith(64))
  const work = await planGroups(tools, file, code)
  await commitContent(tools.journal, file, (note) => ({ ...note, sealedBytes: file.sealedBytes, hasOutbox: true }))
  file.activity.isWindowed = true
  for (let at = 0; at < 32; at++) place(work, at, ['verified', 'verified', 'verified', 'verified', 'verified'])
  const freed: { readonly before: number; readonly hasOutbox: boolean | undefined }[] = []
  const watched: Content = {
    ...file,
    spool: {
      ...file.spool,
      async freeBefore(before) {
        freed.push({ before, hasOutbox: (await device.start()).file.note.hasOutbox })
      },
    },
  }
  for (let time = 0; time < 2; time++) await freeWindow(tools, watched, code, work)
  expect(freed).toEqual([{ before: 32 * SEGMENT_SEALED, hasOutbox: false }])
})

test('nothing is safe while no code is chosen', async () => {
  const { file } = await (await openDevice()).start(sizeWith(3))
  expect(safeEnd(file)).toBe(0)
})

test('a file is complete when every segment and every manifest has its pieces, read back', async () => {
  const { file, tools } = await (await openDevice()).start(sizeWith(225))
  const work = await planGroups(tools, file, code)
  const all = Array.from({ length: code.n }, (): PieceStage => 'verified')
  for (let at = 0; at < 225; at++) place(work, at, all)
  // The first group has more than one segment and so a manifest; the second has one segment, which is its root.
  expect(isComplete(work, code.m, verified)).toBe(false)
  putAt(work[0], ROOT_PLACE, all.slice(0, code.m))
  expect([isComplete(work, code.m, verified), isComplete(work, code.n, verified)]).toEqual([true, false])
  putAt(work[0], ROOT_PLACE, all)
  expect(isComplete(work, code.n, verified)).toBe(true)
  place(work, 224, [...all.slice(1), 'claimed'])
  expect([isComplete(work, code.n, verified), verifiedCount(at(work, 224).group, 0)]).toEqual([false, code.n - 1])
  forget(at(work, 100))
  expect(isComplete(work, 0, verified)).toBe(false)
  expect(isComplete(splitPlans(file), 0, verified)).toBe(false)
})

/** Returns a size whose padded length just needs so many segments; not every number of segments has one. */
function sizeWith(segments: number): number {
  return Math.max(1, 2 * RECORD_PLAIN_BYTES * (segments - 1))
}

/** Returns the records of each group: two a segment, and what is left in the last one. */
function recordsOf({ sealedBytes }: Content, split: readonly number[]): readonly number[] {
  let left = Math.ceil(sealedBytes / RECORD_SEALED_BYTES)
  return split.map((count) => {
    const records = Math.min(left, 2 * count)
    left -= records
    return records
  })
}

/** A device whose disk outlives its starts. */
async function openDevice() {
  const files = createMemoryFiles()
  const random = createSeededRandom('group work')
  const clock = createVirtualClock()
  return {
    /** Starts with a file of `size` bytes that was just put in, or with what is on the disk. */
    async start(size?: number) {
      const { catalog, outbox, keys } = await openMemoryStorage({ files, random })
      const parts = { catalog, outbox, random, clock, policy, storageKey: keys.storageKey, coder: createCoding(crypto.subtle) }
      const keyring = createOwnerKeyring(parts)
      const journal = await openJournal(parts)
      const vault = await openLocalVault(parts, keyring)
      if (size !== undefined) {
        const fileKey = brandBytes<FileKey>(random.bytes(32))
        await vault.commit([{ id: ID, fields: { key: { fileKey, size } } }])
      }
      const entry = vault.entries.get(ID)
      if (entry === undefined || !isContent(entry)) throw new Error('the vault has no such file')
      const owner = await keyring.known()
      const file = toContent(entry, owner?.keys.lease, journal, outbox)
      const spooled = async () => (await outbox.list()).map(({ name }) => name).toSorted()
      return { file, tools: { parts, keyring, vault, journal }, spooled }
    },
  }
}

/** The group and plan of content segment number `index` of the file. */
function at(
  work: readonly GroupPlans[],
  index: number,
): { readonly group: GroupPlans['group']; readonly at: number; readonly plan: SegmentPlan } {
  for (const { group, plans } of work) {
    const found = plans.findIndex((plan) => plan.index === index)
    const plan = plans[found]
    if (plan !== undefined) return { group, at: found, plan }
  }
  throw new Error(`the file has no segment ${index}`)
}

/** Sets the pieces of content segment number `index` to `stages`. */
function place(work: readonly GroupPlans[], index: number, stages: readonly PieceStage[]): void {
  const found = at(work, index)
  put(found.group, found.at, segmentWith(found.group, found.plan.sealedLength, stages))
}

function putAt(work: GroupPlans | undefined, at: number, stages: readonly PieceStage[]): void {
  if (work !== undefined) put(work.group, at, segmentWith(work.group, 1000, stages))
}

/** Puts a segment into a group in memory, without a journal. */
function put(group: GroupPlans['group'], at: number, segment: PlacedSegment): void {
  const kept: { segments: ReadonlyMap<number, PlacedSegment> } = group
  kept.segments = new Map([...group.segments, [at, segment]])
}

function forget({ group, at }: { readonly group: GroupPlans['group']; readonly at: number }): void {
  const kept: { segments: ReadonlyMap<number, PlacedSegment> } = group
  kept.segments = new Map([...group.segments].filter(([each]) => each !== at))
}

function segmentWith({ groupKey }: GroupPlans['group'], sealedLength: number, stages: readonly PieceStage[]): PlacedSegment {
  const random = createSeededRandom('shards')
  const shardIds = Array.from({ length: shardCountFor(code.n) }, () => brandBytes<ShardId>(random.bytes(32)))
  const descriptor = { ...code, sealedLength, groupKey, shardIds }
  const encoded = encodeDescriptor(descriptor)
  const pieces = stages.map((stage, index) => [index, { index, holder: peerIdOf(new Uint8Array(32).fill(index)), stage }] as const)
  return { encoded, descriptor, segmentId: segmentIdOf(encoded), pieceByIndex: new Map(pieces) }
}

test('[RCD3] a content that is cut again keeps the records of each of its groups, in segments that follow each other', () => {
  const first = { k: 2, segmentBytes: 2 * RECORD_SEALED_BYTES }
  const size = sizeWith(305)
  const before = plansByGroup(size, first)
  const after = plansByGroup(size, { k: 3, segmentBytes: 7 * RECORD_SEALED_BYTES, first })
  const countOf = (plans: readonly SegmentPlan[]): number => plans.reduce((sum, { records }) => sum + records, 0)
  expect(before.map(({ length }) => length)).toEqual([224, 81])
  expect(after.map(countOf)).toEqual(before.map(countOf))
  let end = 0
  for (const { sealedOffset, sealedLength, firstRecord, records } of after.flat()) {
    expect([sealedOffset, firstRecord, records <= 6]).toEqual([end, end / RECORD_SEALED_BYTES, true])
    end += sealedLength
  }
  expect(end).toBe(before.flat().reduce((sum, { sealedLength }) => sum + sealedLength, 0))
  expect(() => plansByGroup(size, { ...first, segments: 304 })).toThrow(expect.objectContaining({ code: 'storage-damaged' }))
})
