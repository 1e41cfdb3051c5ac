import type { Bytes } from '../core/bytes.ts'
import { MAX_BEACON_BYTES } from '../core/beacon.ts'
import {
  bytesOf,
  bytesUpTo,
  type Fields,
  idOf,
  listOf,
  optional,
  peerIdentity,
  record,
  type Shape,
  tuple,
  uint,
  where,
} from '../core/encoding.ts'
import type { GroupId, PeerId, SegmentId } from '../core/ids.ts'
import { DIGEST_BYTES, MAX_BEACONS, MAX_COMPARED, MAX_SUMS, MAX_WANTED } from './limits.ts'

/** Short digests of what a peer knows of a group, 8 bytes each. SPEC SYN2. */
export interface GroupDigests {
  /** Of the newest paper. */
  readonly paper: Bytes
  /** Of the holder and seq of every claim. */
  readonly holders: Bytes
}

/** What a peer says that it knows of one group. */
export type ComparedRow = GroupDigests & { readonly groupId: GroupId }

/** The answer to a list of rows. Places count from 0. */
export interface Compared {
  /** The rows with another digest, in order, and what the answering peer has instead. */
  readonly differing: readonly (GroupDigests & { readonly place: number })[]
  /** Places of the rows about groups of which the answering peer has nothing, in order. */
  readonly unknown: readonly number[]
}

/** A sum of 8 bytes over what a peer knows of many groups, and its place among the sums. SPEC SYN8. */
export interface PlacedSum {
  readonly place: number
  readonly sum: Bytes
}

/** What one side of a line says about presence: the people whose beacons it wants, and beacons. */
export interface BeaconsSaid {
  /** At most 256 people; absent: the same as were named last over this connection. */
  readonly wanted?: readonly PeerId[]
  /** Encoded beacons, unchecked; at most 192. */
  readonly beacons: readonly Bytes[]
}

/** A peer's word about its own repair of a segment. */
export interface RepairSaid {
  readonly segmentId: SegmentId
  /** `until`: Unix milliseconds by which the peer expects to be done. */
  readonly course: { readonly is: 'under way'; readonly until: number } | { readonly is: 'done' } | { readonly is: 'given up' }
}

/** The answering side of the kinds by which news travels. A peer without a method drops the stream, as one that does not know the kind. */
export interface SyncHost {
  /** Compares what `peer` knows of groups with what is known here. Throws HoardError 'holder-refused' RATE. SPEC SYN2. */
  compare(peer: PeerId, rows: readonly ComparedRow[]): Promise<Compared>
  /** Returns what is known here instead where a sum over the groups that both sides keep differs. Throws like `compare`. SPEC SYN8. */
  sums(peer: PeerId, sums: readonly Bytes[]): Promise<readonly PlacedSum[]>
  /** Takes what `peer` says and answers with what it wants and has not been told over this connection. SPEC SYN4. */
  beacons(peer: PeerId, said: BeaconsSaid): Promise<BeaconsSaid>
  /** Takes the word of `peer` about itself. Throws HoardError 'holder-refused' UNKNOWN. SPEC SYN5. */
  repairing(peer: PeerId, said: RepairSaid): Promise<void>
}

const digest = bytesOf(DIGEST_BYTES)
const place = uint(MAX_COMPARED - 1)
const rowTuple = tuple<readonly [GroupId, Bytes, Bytes]>(idOf<GroupId>(), digest, digest)
const row: Shape<ComparedRow> = {
  write: ({ groupId, paper, holders }) => rowTuple.write([groupId, paper, holders]),
  read: (item) => {
    const [groupId, paper, holders] = rowTuple.read(item)
    return { groupId, paper, holders }
  },
}
const differingTuple = tuple<readonly [number, Bytes, Bytes]>(place, digest, digest)
const differing: Shape<Compared['differing'][number]> = {
  write: (each) => differingTuple.write([each.place, each.paper, each.holders]),
  read: (item) => {
    const [at, paper, holders] = differingTuple.read(item)
    return { place: at, paper, holders }
  },
}
const sumTuple = tuple<readonly [number, Bytes]>(uint(MAX_SUMS - 1), digest)
const placedSum: Shape<PlacedSum> = {
  write: (each) => sumTuple.write([each.place, each.sum]),
  read: (item) => {
    const [at, sum] = sumTuple.read(item)
    return { place: at, sum }
  },
}
const courses = ['under way', 'done', 'given up'] as const
const coursePair = where(
  record({ is: uint(courses.length, 1), until: optional(uint()) }),
  ({ is, until }) => (is === 1) === (until !== undefined),
  'a time belongs to a repair under way',
)
const course: Shape<RepairSaid['course']> = {
  write: (said) => coursePair.write({ is: courses.indexOf(said.is) + 1, ...(said.is === 'under way' && { until: said.until }) }),
  read: (item) => {
    const { is, until } = coursePair.read(item)
    if (until !== undefined) return { is: 'under way', until }
    return { is: is === 2 ? 'done' : 'given up' }
  },
}

/** The fields of both directions of a `beacons` message. */
export const beaconsFields = {
  wanted: optional(listOf(peerIdentity, { max: MAX_WANTED })),
  beacons: listOf(bytesUpTo(MAX_BEACON_BYTES, 1), { max: MAX_BEACONS }),
} satisfies Fields
/** The fields of a `compare` message. */
export const compareFields = { rows: listOf(row, { min: 1, max: MAX_COMPARED }) } satisfies Fields
/** The fields of its answer. */
export const comparedFields = {
  differing: where(
    listOf(differing, { max: MAX_COMPARED }),
    (rows) => areAscending(rows.map((each) => each.place)),
    'places do not ascend',
  ),
  unknown: where(listOf(place, { max: MAX_COMPARED }), areAscending, 'places do not ascend'),
} satisfies Fields
/** The fields of a `sums` message. */
export const sumsFields = {
  sums: where(listOf(digest, { min: 1, max: MAX_SUMS }), ({ length }) => (length & (length - 1)) === 0, 'no power of two'),
} satisfies Fields
/** The fields of its answer. */
export const summedFields = {
  differing: where(listOf(placedSum, { max: MAX_SUMS }), (sums) => areAscending(sums.map((each) => each.place)), 'places do not ascend'),
} satisfies Fields
/** The fields of a `repairing` message. */
export const repairingFields = { segmentId: idOf<SegmentId>(), course } satisfies Fields

function areAscending(places: readonly number[]): boolean {
  return places.every((each, at) => at === 0 || each > (places[at - 1] ?? 0))
}
