import { equalBytes, type Bytes } from '../../core/bytes.ts'
import {
  checkCharter,
  MAX_SEQ_AHEAD_MS,
  MAX_TERM_MS,
  nextSeq,
  signCharter,
  signTombstone,
  type CharterFields,
  type Paper,
  type Root,
} from '../../core/charter.ts'
import { ANY_TIME } from '../../core/claim.ts'
import type { PeerId } from '../../core/ids.ts'
import { recordKinds } from '../../core/keys.ts'
import type { Policy } from '../../core/policy.ts'
import type { Journal } from './journal.ts'
import type { GroupNote } from './journal-notes.ts'
import { isOpenable, type Kept, type OwnGroup } from './own-group.ts'

/** Term of a charter without a root: holders drop an abandoned store after it. SPEC CHA5. */
const STORING_TERM_MS = 14 * 86_400_000
const RENEW_STORING_MS = 7 * 86_400_000

/**
 * Resolves with the charter to store under: the newest one, or a fresh one without root for a fortnight. A charter whose term has passed is
 * renewed, since nobody would take a piece under it, and one that a wrong clock dated so that every right clock refuses it is signed again.
 * SPEC CHA6, CLK2.
 */
export async function charterForStore(journal: Journal, group: OwnGroup, policy: Policy, now: number): Promise<Bytes> {
  await commitNote(journal, group, () => {
    const { charter, hasRoot, until } = group.note
    if (charter.length > 0 && hasRoot) {
      if (until < now) return renewed(group, policy, now)
      return isRefusedByAll(group, now) ? datedAgain(group, now) : undefined
    }
    if (charter.length > 0 && !isRefusedByAll(group, now) && until - now > RENEW_STORING_MS) return undefined
    return withCharter(group, { until: now + STORING_TERM_MS, grace: 0, root: null }, now)
  })
  return group.note.charter
}

/**
 * Signs and writes down a charter that names `root`, for the policy's term; a charter that names a root already stays.
 * @returns whether one was signed
 */
export async function signRoot(
  journal: Journal,
  group: OwnGroup,
  root: Root,
  { lease }: Policy,
  now: number,
  announce?: Bytes,
): Promise<boolean> {
  const grace = root.kind === recordKinds.link ? 0 : lease.graceMs
  const fields = { until: now + lease.termMs, grace, root, ...(announce === undefined ? {} : { announce }) }
  const isOver = (): boolean => group.note.hasRoot || group.note.tombstone !== null
  return commitNote(journal, group, () => (isOver() ? undefined : withCharter(group, fields, now)))
}

/**
 * Tells whether the group is to be asked for anew: its charter names a root, and less of the term is left than a charter has that is
 * `renewAfterMs` old, or nobody would take it for its dates. `now` in Unix milliseconds.
 * Source: core SPEC.md CHA6.
 */
export function isRenewalDue(group: OwnGroup, { lease }: Policy, now: number): boolean {
  return isOpenable(group) && (group.note.until - now < lease.termMs - lease.renewAfterMs || isRefusedByAll(group, now))
}

/**
 * Signs and writes down a charter for the policy's term from now on, if that is due; everything else in it stays. Until `noteAsked` the group
 * counts as asked for no longer than before.
 */
export async function renewCharter(journal: Journal, group: OwnGroup, policy: Policy, now: number): Promise<void> {
  await commitNote(journal, group, () => {
    // A group that was forgotten meanwhile is not written down again.
    return isRenewalDue(group, policy, now) && journal.group(group.groupId) !== undefined ? renewed(group, policy, now) : undefined
  })
}

/** Returns a note with a charter for the policy's term from `now` on. What a wrong clock dated was asked of nobody. */
function renewed(group: OwnGroup, { lease }: Policy, now: number): GroupNote | undefined {
  const { charter, until: before, askedUntil = before } = group.note
  const paper = checkCharter(charter, ANY_TIME)
  if (paper.is !== 'charter') return undefined
  const until = now + lease.termMs
  return { ...withCharter(group, { ...paper.charter, until }, now), askedUntil: Math.min(askedUntil, until) }
}

/** Writes down that a holder has taken the charter of that `seq`: its people are asked to keep the group for as long as it says. */
export async function noteAsked(journal: Journal, group: OwnGroup, seq: number): Promise<void> {
  await commitNote(journal, group, () => {
    const { askedUntil, ...note } = group.note
    return askedUntil === undefined || note.seq !== seq || note.tombstone !== null ? undefined : note
  })
}

/** Returns the time until which holders were asked to keep the group, Unix milliseconds; 0 while they were not. */
export function askedUntil({ note }: OwnGroup): number {
  return note.askedUntil ?? note.until
}

/** Tells whether everybody who was asked to keep the group may have removed it since: the term has passed, and the grace after it. */
export function isPastTerm(group: OwnGroup, { lease }: Policy, now: number): boolean {
  return isOpenable(group) && askedUntil(group) + lease.graceMs < now
}

/**
 * Signs and writes down a charter that says whether the directory announces the group; everything else in it stays.
 * @returns whether the charter said otherwise before
 */
export async function setAnnounced(
  journal: Journal,
  group: OwnGroup,
  announced: 'from now on' | 'no longer',
  now: number,
): Promise<boolean> {
  return commitNote(journal, group, () => {
    const paper = checkCharter(group.note.charter, ANY_TIME)
    if (paper.is !== 'charter' || (paper.charter.announce !== undefined) === (announced === 'from now on')) return undefined
    const { announce: _before, ...fields } = paper.charter
    return withCharter(group, { ...fields, ...(announced === 'from now on' ? { announce: group.groupId } : {}) }, now)
  })
}

/**
 * Writes down a charter of the group that this device did not sign: a later state of it did, which was lost, or another device of the owner.
 * What this one signs next says what that charter does. SPEC RCD8.
 */
export async function takeCharter(journal: Journal, group: OwnGroup, paper: Paper): Promise<void> {
  await commitNote(journal, group, () => {
    const { note, groupKey, groupId } = group
    const isOurs = paper.is === 'charter' && equalBytes(paper.groupKey, groupKey) && journal.group(groupId) !== undefined
    if (!isOurs || paper.seq <= note.seq || note.tombstone !== null || paper.charter.root === null) return undefined
    return { ...note, seq: paper.seq, charter: paper.bytes, until: paper.charter.until, hasRoot: true }
  })
}

/** Signs and writes down the end of the group. `promised` peers are told like its holders, since they may have begun to keep a piece. */
export async function endGroup(journal: Journal, group: OwnGroup, promised: readonly PeerId[], now: number): Promise<void> {
  const next = (): GroupNote | undefined => {
    if (group.note.tombstone !== null) return undefined
    const seq = seqAfter(group, now)
    return { ...group.note, seq, tombstone: signTombstone(group.seed, { groupKey: group.groupKey, seq }) }
  }
  await commitNote(journal, group, next, promised)
}

/** Returns the group's note with a new charter that says what `fields` do; those of the last charter retire what it did. */
export function withCharter(
  group: OwnGroup,
  fields: Pick<CharterFields, 'until' | 'grace' | 'root'> & Partial<CharterFields>,
  now: number,
): GroupNote {
  const seq = seqAfter(group, now)
  const charter = signCharter(group.seed, { retired: [], ...fields, groupKey: group.groupKey, seq })
  return { ...group.note, seq, charter, until: fields.until, hasRoot: fields.root !== null }
}

/** Tells whether every right clock refuses the newest charter for its dates. */
function isRefusedByAll({ note }: OwnGroup, now: number): boolean {
  return note.seq > now + MAX_SEQ_AHEAD_MS || note.until > now + MAX_TERM_MS
}

/** Returns a note with the newest charter signed again, with dates that right clocks accept. */
function datedAgain(group: OwnGroup, now: number): GroupNote | undefined {
  const paper = checkCharter(group.note.charter, ANY_TIME)
  if (paper.is !== 'charter') return undefined
  return withCharter(group, { ...paper.charter, until: Math.min(paper.charter.until, now + MAX_TERM_MS) }, now)
}

/** Returns the number of the group's next paper. No one has taken a paper dated too far ahead: the one after it begins at the clock. */
function seqAfter({ note: { seq } }: OwnGroup, now: number): number {
  return nextSeq(seq === 0 || seq > now + MAX_SEQ_AHEAD_MS ? undefined : seq, now)
}

/** Writes down the note that `next` returns; undefined leaves the old one. Resolves with whether it changed. */
export async function commitNote(
  journal: Journal,
  group: OwnGroup,
  next: () => GroupNote | undefined,
  claims: readonly PeerId[] = [],
): Promise<boolean> {
  const { groupId } = group
  const nothing = new Uint8Array()
  let isChanged = false
  await journal.change(group, () => {
    const note = next()
    if (note === undefined) return { notes: [], assign: () => undefined }
    return {
      notes: [{ of: 'group', groupId, note }, ...claims.map((holder) => ({ of: 'claim' as const, groupId, holder, claim: nothing }))],
      assign() {
        const kept: Kept<OwnGroup, 'note'> = group
        kept.note = note
        isChanged = true
      },
    }
  })
  return isChanged
}
