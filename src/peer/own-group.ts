import type { Bytes } from '../core/bytes.ts'
import { checkCharter, nextSeq, signCharter, signTombstone, type Root } from '../core/charter.ts'
import { groupIdOf } from '../core/group.ts'
import type { GroupId, GroupKey, GroupSeed, PeerId } from '../core/ids.ts'
import { groupKeyOf, groupSeedOf } from '../core/keys.ts'
import type { Policy } from '../core/policy.ts'
import type { GroupNote, Journal, OwnSegment } from './journal.ts'

/** A group of one's own: its keys, charter, segments (place -1 is the manifest or link) and who claims what. */
export interface OwnGroup {
  readonly seed: GroupSeed
  readonly groupKey: GroupKey
  readonly groupId: GroupId
  note: GroupNote
  readonly segments: Map<number, OwnSegment>
  readonly claimByHolder: Map<PeerId, Bytes>
}

/** An abandoned store fades by itself after this long, in milliseconds. SPEC CHA5. */
const STORING_TERM_MS = 14 * 86_400_000
/** One's own paper is not measured against a clock that may have been set back. */
const ANY_TIME = Number.MAX_SAFE_INTEGER
const RENEW_STORING_MS = 7 * 86_400_000

/** Returns the group whose seed descends from `lease` and `salt`, with what the journal remembers of it. */
export function openOwnGroup(journal: Journal, lease: Uint8Array, salt: Uint8Array): OwnGroup {
  const seed = groupSeedOf(lease, salt)
  const groupKey = groupKeyOf(seed)
  const groupId = groupIdOf(groupKey)
  return {
    seed,
    groupKey,
    groupId,
    note: journal.group(groupId) ?? {
      seq: 0,
      charter: new Uint8Array(),
      until: 0,
      hasRoot: false,
      manifestR: new Uint8Array(),
      tombstone: null,
    },
    segments: journal.segments(groupId),
    claimByHolder: journal.claims(groupId),
  }
}

/** Tells whether readers can open the group: its charter names a root and it was not ended. */
export function isOpenable({ note }: OwnGroup): boolean {
  return note.hasRoot && note.tombstone === null
}

/** Returns the charter to store under: the newest one, or a fresh one without root that is good for a fortnight. */
export async function charterForStore(journal: Journal, group: OwnGroup, now: number): Promise<Bytes> {
  const { charter, hasRoot, until } = group.note
  if (charter.length > 0 && (hasRoot || until - now > RENEW_STORING_MS)) return charter
  return writeCharter(journal, group, { until: now + STORING_TERM_MS, grace: 0, root: null }, now)
}

/** Signs and writes down the charter that names `root`, kept for the policy's term. Returns its bytes. */
export function signRoot(journal: Journal, group: OwnGroup, root: Root, { lease }: Policy, now: number, announce?: Bytes): Promise<Bytes> {
  const grace = root.kind === 2 ? 0 : lease.graceMs
  return writeCharter(journal, group, { until: now + lease.termMs, grace, root, ...(announce === undefined ? {} : { announce }) }, now)
}

/**
 * Signs and writes down a charter that says whether readers are to find the group in the directory; everything else stays.
 * @returns whether it said something else before
 */
export async function wishFound(journal: Journal, group: OwnGroup, isFound: boolean, now: number): Promise<boolean> {
  const paper = checkCharter(group.note.charter, ANY_TIME)
  if (paper.is !== 'charter' || (paper.charter.announce !== undefined) === isFound) return false
  const { until, grace, root } = paper.charter
  await writeCharter(journal, group, { until, grace, root, ...(isFound ? { announce: group.groupId } : {}) }, now)
  return true
}

/** Signs and writes down the end of the group. Returns the tombstone's bytes. */
export async function endGroup(journal: Journal, group: OwnGroup, now: number): Promise<Bytes> {
  if (group.note.tombstone !== null) return group.note.tombstone
  const seq = nextSeq(group.note.seq, now)
  const tombstone = signTombstone(group.seed, { groupKey: group.groupKey, seq })
  group.note = { ...group.note, seq, tombstone }
  await journal.commit([{ of: 'group', groupId: group.groupId, note: group.note }])
  return tombstone
}

async function writeCharter(
  journal: Journal,
  group: OwnGroup,
  fields: { readonly until: number; readonly grace: number; readonly root: Root | null; readonly announce?: Bytes },
  now: number,
): Promise<Bytes> {
  const seq = nextSeq(group.note.seq === 0 ? undefined : group.note.seq, now)
  const charter = signCharter(group.seed, { groupKey: group.groupKey, seq, retired: [], ...fields })
  group.note = { ...group.note, seq, charter, until: fields.until, hasRoot: fields.root !== null }
  await journal.commit([{ of: 'group', groupId: group.groupId, note: group.note }])
  return charter
}
