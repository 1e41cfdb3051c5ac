import { compareBytes, equalBytes, hex, type Bytes } from './bytes.ts'
import { bytesUpTo, idOf, listOf, nullable, optional, tuple, uint, where, type Shape } from './encoding.ts'
import { assert, HoardError } from './errors.ts'
import { groupIdOf } from './group.ts'
import type { GroupKey, GroupSeed, SegmentId, GroupId } from './ids.ts'
import { groupKeyOf, recordKinds, type RecordKind } from './keys.ts'
import { labelledHash } from './labels.ts'
import { signWith } from './signature.ts'
import { signedFormat, type Signed } from './signed.ts'

/** The segment that a reader opens first: the content segment of a one-segment file, else that of the manifest, link or layer. */
export interface Root {
  readonly kind: RecordKind
  readonly segmentId: SegmentId
  /** 32 bytes for a manifest, else empty. */
  readonly r: Bytes
}

/** The owner's wish that a group be kept. SPEC CHA. */
export interface CharterFields {
  readonly groupKey: GroupKey
  readonly seq: number
  /** Unix milliseconds until which the group is to be kept. */
  readonly until: number
  /** Milliseconds after `until` during which it is repaired last instead of dropped. */
  readonly grace: number
  /** null while a store is under way. */
  readonly root: Root | null
  /** Segments to be trashed, oldest first; at most 256, all different, never the root. */
  readonly retired: readonly SegmentId[]
  /** The 32-byte id to announce in the directory. */
  readonly announce?: Bytes
  /** Highest seq of a tombstone that the person cancelled; lower than `seq`. */
  readonly revive?: number
}

/** A checked charter or tombstone. */
export type Paper =
  | {
      readonly is: 'charter'
      readonly groupKey: GroupKey
      readonly groupId: GroupId
      readonly seq: number
      readonly bytes: Bytes
      readonly charter: CharterFields
    }
  | { readonly is: 'tombstone'; readonly groupKey: GroupKey; readonly groupId: GroupId; readonly seq: number; readonly bytes: Bytes }

/** Longest charter. SPEC CHA1. */
export const MAX_CHARTER_BYTES = 16_384
/** Longest tombstone. SPEC TMB1. */
export const MAX_TOMBSTONE_BYTES = 128
/** Most milliseconds by which a seq may be ahead of the reader's clock: 72 h. SPEC CHA4. */
export const MAX_SEQ_AHEAD_MS = 259_200_000
/** Most milliseconds by which `until` may be ahead of the reader's clock: 400 days. SPEC CHA4. */
export const MAX_TERM_MS = 34_560_000_000
/** Longest grace in milliseconds: 60 days. SPEC CHA4. */
export const MAX_GRACE_MS = 5_184_000_000
/** Most retired segments that a charter lists. SPEC CHA3. */
export const MAX_RETIRED = 256

const rootTuple = where(
  tuple<[number, SegmentId, Bytes]>(uint(3), idOf<SegmentId>(), bytesUpTo(32)),
  ([kind, , r]) => r.length === (kind === recordKinds.manifest ? 32 : 0),
  'r does not fit the kind of root',
)
const root: Shape<Root> = {
  write: ({ kind, segmentId, r }) => rootTuple.write([kind, segmentId, r]),
  read: (item) => {
    const [kind, segmentId, r] = rootTuple.read(item)
    return { kind: recordKind(kind), segmentId, r }
  },
}
const retired = where(
  listOf(idOf<SegmentId>(), { max: MAX_RETIRED }),
  (ids) => new Set(ids.map((id) => hex(id))).size === ids.length,
  'a segment is retired twice',
)

const charterFormat = signedFormat('charter', MAX_CHARTER_BYTES, {
  groupKey: idOf<GroupKey>(),
  seq: uint(),
  until: uint(),
  grace: uint(MAX_GRACE_MS),
  root: nullable(root),
  retired,
  announce: optional(bytesUpTo(32, 32)),
  revive: optional(uint()),
})
const tombstoneFormat = signedFormat('tombstone', MAX_TOMBSTONE_BYTES, { groupKey: idOf<GroupKey>(), seq: uint() })

/**
 * Returns a charter signed by the key of `seed`, which must be the one in `fields`.
 * @throws HoardError 'format-invalid' when `fields` break a rule of CHA that does not depend on the clock
 */
export function signCharter(seed: GroupSeed, fields: CharterFields): Bytes {
  assert(equalBytes(groupKeyOf(seed), fields.groupKey), 'a charter is signed by its own group key')
  refuseContradictions(fields)
  return charterFormat.encode(fields, signWith(seed, charterFormat.message(fields)))
}

/** Returns a tombstone signed by the key of `seed`, which must be the one in `fields`. SPEC TMB1. */
export function signTombstone(seed: GroupSeed, fields: { readonly groupKey: GroupKey; readonly seq: number }): Bytes {
  assert(equalBytes(groupKeyOf(seed), fields.groupKey), 'a tombstone is signed by its own group key')
  return tombstoneFormat.encode(fields, signWith(seed, tombstoneFormat.message(fields)))
}

/**
 * Returns what the charter in `bytes` says, without checking its signature and the limits that depend on the clock: enough to see that it
 * is nothing new.
 * @throws HoardError 'format-unknown' | 'format-invalid'
 */
export function readCharter(bytes: Uint8Array): Paper {
  const signed = charterFormat.decode(bytes)
  refuseContradictions(signed.fields)
  return { is: 'charter', ...namesOf(signed), bytes: new Uint8Array(bytes), charter: signed.fields }
}

/** Like `readCharter`, for a tombstone. */
export function readTombstone(bytes: Uint8Array): Paper {
  return { is: 'tombstone', ...namesOf(tombstoneFormat.decode(bytes)), bytes: new Uint8Array(bytes) }
}

/**
 * Returns the charter in `bytes`, signature and limits checked. The caller checks that it belongs to the group in question.
 * @param now Unix milliseconds
 * @throws HoardError 'format-unknown' | 'format-invalid' | 'signature-invalid'
 * Source: SPEC.md CHA1 to CHA4.
 */
export function checkCharter(bytes: Uint8Array, now: number): Paper {
  const signed = charterFormat.decode(bytes)
  const charter: CharterFields = signed.fields
  refuseContradictions(charter)
  refuseFutureSeq(charter.seq, now)
  if (charter.until > now + MAX_TERM_MS) refuse('until is more than 400 days ahead')
  charterFormat.check(charter.groupKey, signed)
  return { is: 'charter', ...namesOf(signed), bytes: new Uint8Array(bytes), charter }
}

/**
 * Returns the tombstone in `bytes`, signature and limits checked.
 * @param now Unix milliseconds
 * @throws HoardError 'format-unknown' | 'format-invalid' | 'signature-invalid'
 * Source: SPEC.md TMB1, TMB2.
 */
export function checkTombstone(bytes: Uint8Array, now: number): Paper {
  const signed = tombstoneFormat.decode(bytes)
  refuseFutureSeq(signed.fields.seq, now)
  tombstoneFormat.check(signed.fields.groupKey, signed)
  return { is: 'tombstone', ...namesOf(signed), bytes: new Uint8Array(bytes) }
}

/**
 * Returns the one of two papers of one group that holds. The order of papers makes no difference, however many are compared one after
 * another. A tombstone yields only to a charter that revives it. Source: SPEC.md TMB3 and its Why.
 */
export function newerPaper(a: Paper, b: Paper): Paper {
  assert(equalBytes(a.groupKey, b.groupKey), 'only papers of one group are compared')
  const difference =
    lifeOf(a) - lifeOf(b) ||
    Number(a.is === 'charter') - Number(b.is === 'charter') ||
    a.seq - b.seq ||
    compareBytes(digestOf(b), digestOf(a))
  return difference >= 0 ? a : b
}

/** Returns the seq of the next paper: above `last`, the highest seen of its group, and at least the clock. SPEC CHA2. */
export function nextSeq(last: number | undefined, now: number): number {
  return last === undefined ? now : Math.max(last + 1, now)
}

/** Orders deaths and revivals: a tombstone begins its own seq, a charter lives in the last one that it revives. */
function lifeOf(paper: Paper): number {
  return paper.is === 'tombstone' ? paper.seq : (paper.charter.revive ?? -1)
}

function digestOf(paper: Paper): Bytes {
  return labelledHash('paper-order', paper.bytes)
}

function namesOf({ fields: { groupKey, seq } }: Signed<{ readonly groupKey: GroupKey; readonly seq: number }>) {
  return { groupKey, groupId: groupIdOf(groupKey), seq }
}

function refuseContradictions({ seq, revive, root: opened, retired: ended }: CharterFields): void {
  if (revive !== undefined && revive >= seq) refuse('revives a tombstone that is not older')
  if (opened !== null && ended.some((id) => equalBytes(id, opened.segmentId))) refuse('the root is retired')
}

function refuseFutureSeq(seq: number, now: number): void {
  if (seq > now + MAX_SEQ_AHEAD_MS) refuse('seq is more than 72 h ahead')
}

function recordKind(kind: number): RecordKind {
  return Object.values(recordKinds).find((each) => each === kind) ?? refuse('unknown kind of root')
}

function refuse(reason: string): never {
  throw new HoardError('format-invalid', { reason })
}
