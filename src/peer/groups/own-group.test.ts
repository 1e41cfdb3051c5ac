import { expect, test } from 'vitest'
import { createMemoryFiles } from '../../adapters/memory/memory-files.ts'
import { openMemoryStorage } from '../../adapters/memory/memory-storage.ts'
import { createSeededRandom } from '../../adapters/memory/seeded-random.ts'
import { createVirtualClock } from '../../adapters/memory/virtual-clock.ts'
import { createDeviceSigner } from '../../adapters/storage/device-signer.ts'
import type { Bytes } from '../../core/bytes.ts'
import { readCharter, signCharter } from '../../core/charter.ts'
import { claimMessage, encodeClaim, type ClaimRow } from '../../core/claim.ts'
import { encodeDescriptor } from '../../core/descriptor.ts'
import { brandBytes, type ShardId } from '../../core/ids.ts'
import { recordKinds } from '../../core/keys.ts'
import { defaultPolicy } from '../../core/policy.ts'
import { newSegment, type Piece, type PieceStage } from '../placing/placed-segment.ts'
import { ranks } from '../roll/roll.ts'
import { openJournal, OTHER_LAYOUT } from './journal.ts'
import { compareOwnGroups } from './own-compared.ts'
import { allSegments, commitPieces, commitSegment, openOwnGroup, type OwnGroup } from './own-group.ts'
import { charterForStore, endGroup, setAnnounced } from './own-papers.ts'

const DAY_MS = 86_400_000
const ada = createDeviceSigner(new Uint8Array(32).fill(1))
const bob = createDeviceSigner(new Uint8Array(32).fill(2)).peerId

/** A group of two segments; ada claimed piece 0 of both, and both were read back. */
async function twoSegments() {
  const random = createSeededRandom('own group')
  const clock = createVirtualClock()
  const { catalog, keys } = await openMemoryStorage({ files: createMemoryFiles(), random })
  const open = async () => {
    const journal = await openJournal({ catalog, clock, random, storageKey: keys.storageKey })
    return { journal, group: openOwnGroup(journal, new Uint8Array(32), new Uint8Array(16)) }
  }
  const { journal, group } = await open()
  const { groupKey, groupId, roll } = group
  const [first, second] = ([0, 1] as const).map((fill) => {
    const shardIds = Array.from({ length: 6 }, (_, at) => brandBytes<ShardId>(new Uint8Array(32).fill(10 * fill + at)))
    return newSegment(encodeDescriptor({ k: 2, m: 3, n: 4, sealedLength: 5_000, groupKey, shardIds }))
  })
  if (first === undefined || second === undefined) throw new Error('there are two')
  const claim = async (seq: number, rows: readonly ClaimRow[]) => {
    const fields = { groupId, holder: ada.peerId, seq, rows, at: 0 }
    return { holder: ada.peerId, claim: encodeClaim(fields, await ada.sign(claimMessage(fields))) }
  }
  const piece = (index: number, holder: Piece['holder'], stage: PieceStage) => [index, { index, holder, stage }] as const
  const rows = [first, second].map(({ segmentId }) => ({ segmentId, index: 0 }))
  for (const [at, segment] of [first, second].entries()) {
    await commitSegment(journal, group, at, segment)
    await commitPieces(journal, group, at, segment, () => [piece(0, ada.peerId, 'claimed')], await claim(1, rows))
    await commitPieces(journal, group, at, segment, () => [piece(0, ada.peerId, 'verified')])
  }
  return { clock, open, journal, group, roll, first, second, claim, piece }
}

test('[GRO5] what a claim that comes with a piece says no longer is gone from all segments, also after a restart', async () => {
  const { open, journal, group, second, claim, piece } = await twoSegments()
  const moved = await claim(2, [{ segmentId: second.segmentId, index: 3 }])
  await commitPieces(journal, group, 1, second, (pieces) => [...pieces, piece(3, ada.peerId, 'claimed')], moved)
  for (const { segments, roll } of [group, (await open()).group]) {
    expect([...segments.values()].map(({ pieceByIndex }) => [...pieceByIndex.keys()])).toEqual([[], [3]])
    const kept = [...segments.values()].map(({ segmentId }) => roll.keepersOf(segmentId).map(({ index, checkedAt }) => [index, checkedAt]))
    expect(kept).toEqual([[], [[3, undefined]]])
  }
})

test('a change of other pieces takes back nothing that was found of a holder at another index', async () => {
  const { clock, journal, group, roll, first, piece } = await twoSegments()
  const telling = { teller: ada.peerId, rank: ranks.holder, isPlacers: false }
  roll.put({ holder: ada.peerId, seq: 2, takenAt: clock.now(), rows: [{ segmentId: first.segmentId, index: 5 }], telling })
  roll.noteChecked(ada.peerId, clock.now(), first.segmentId)
  const found = roll.rowOf(ada.peerId, first.segmentId)
  await commitPieces(journal, group, 0, first, (pieces) => [...pieces, piece(1, bob, 'claimed')])
  expect(roll.rowOf(ada.peerId, first.segmentId)).toEqual(found)
})

test('a piece that nobody read since is not written down as read now', async () => {
  const { clock, journal, group, roll, first, piece } = await twoSegments()
  const readAt = Math.floor(clock.now() / 1000) * 1000
  await clock.advance(DAY_MS)
  const kept = async () => {
    await commitPieces(journal, group, 0, first, (pieces) => [...pieces, piece(1, bob, 'claimed')])
    return journal
      .segments(group.groupId)
      .get(0)
      ?.keepers.find(({ holder }) => holder === ada.peerId)?.checkedAt
  }
  expect(await kept()).toBe(readAt)
  roll.drop(ada.peerId)
  expect(await kept()).toBeLessThanOrEqual(readAt)
})

test('[GRO8] the group of a segment is found, also after a restart, until the group is forgotten', async () => {
  const { open, journal, group, first, second } = await twoSegments()
  const again = await open()
  for (const each of [journal, again.journal]) {
    expect([first, second].map(({ segmentId }) => each.groupWith(segmentId))).toEqual([group.groupId, group.groupId])
  }
  await again.journal.forgetGroup(group.groupId)
  expect([first, second].map(({ segmentId }) => again.journal.groupWith(segmentId))).toEqual([undefined, undefined])
})

test('[SYN2] the paper of an own group has one mark until it changes, so that what is compared is digested once', async () => {
  const { journal, group } = await twoSegments()
  const { groupId } = group
  const own = compareOwnGroups(journal, () => [group], journal.now, { self: bob, lostSince: () => undefined })
  await charterForStore(journal, group, defaultPolicy, journal.now())
  const mark = own.paperMark(groupId)
  expect([mark === undefined, own.paperMark(groupId) === mark, own.isKnown(groupId)]).toEqual([false, true, true])
  await endGroup(journal, group, [], journal.now())
  expect(own.paperMark(groupId) === mark).toBe(false)
  expect((await own.paper(groupId))?.is).toBe('tombstone')
})

test('[RCD4] segments of another layout are known with the others, also after a restart, and no reader of the charter uses them', async () => {
  const { open, journal, group, first, second } = await twoSegments()
  await charterForStore(journal, group, defaultPolicy, journal.now())
  const other = newSegment(
    encodeDescriptor({
      ...second.descriptor,
      n: 5,
      shardIds: Array.from({ length: 7 }, (_, at) => brandBytes<ShardId>(new Uint8Array(32).fill(100 + at))),
    }),
  )
  await commitSegment(journal, group, OTHER_LAYOUT, other)
  const of = (each: OwnGroup) =>
    [each.segments, each.others, allSegments(each)].map((segments) => [...segments].map(([at, { segmentId }]) => [at, segmentId]))
  const [a, b, c] = [
    [0, first.segmentId],
    [1, second.segmentId],
    [OTHER_LAYOUT, other.segmentId],
  ]
  expect([of(group), of((await open()).group)]).toEqual([
    [[a, b], [c], [a, b, c]],
    [[a, b], [c], [a, b, c]],
  ])
  const switched = { ...group.note, layout: 1 }
  await journal.change(group, () => ({ notes: [{ of: 'group', groupId: group.groupId, note: switched }], assign: () => undefined }))
  expect(of((await open()).group).slice(0, 2)).toEqual([
    [[0, other.segmentId]],
    [
      [OTHER_LAYOUT, first.segmentId],
      [OTHER_LAYOUT + 1, second.segmentId],
    ],
  ])
  await journal.dropLayout(group.groupId, [0, 1], 0)
  const left = (await open()).group
  expect([left.segments.size, left.others.size]).toEqual([1, 0])
})

test('[RCD8] a newer charter of an own group is taken over, and what it retires is retired by later ones', async () => {
  const { journal, group, first, second } = await twoSegments()
  await charterForStore(journal, group, defaultPolicy, journal.now())
  const { groupKey, seed } = group
  const root = { kind: recordKinds.content, segmentId: second.segmentId, r: new Uint8Array() } as const
  const fields = { groupKey, seq: group.note.seq + 5, until: journal.now() + DAY_MS, grace: 0, root, retired: [first.segmentId] }
  const own = compareOwnGroups(journal, () => [group], journal.now, { self: bob, lostSince: () => undefined })
  const tell = (bytes: Bytes) => own.take(ada.peerId, group.groupId, { paper: { is: 'charter', bytes }, claims: [] })
  const charter = signCharter(seed, fields)
  await tell(charter)
  expect([group.note.seq, group.note.hasRoot, group.note.charter]).toEqual([fields.seq, true, charter])
  // An older one, one that names no root and one of another key change nothing.
  await tell(signCharter(seed, { ...fields, seq: fields.seq - 1 }))
  await tell(signCharter(seed, { ...fields, seq: fields.seq + 1, root: null }))
  await expect(tell(charter.map((byte, at) => (at === charter.length - 1 ? byte ^ 1 : byte)))).rejects.toMatchObject({
    code: 'signature-invalid',
  })
  expect(group.note.charter).toEqual(charter)
  await setAnnounced(journal, group, 'from now on', journal.now())
  const said = readCharter(group.note.charter)
  expect(said).toMatchObject({ is: 'charter', charter: { root, retired: [first.segmentId], announce: group.groupId } })
})
