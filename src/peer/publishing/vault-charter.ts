import { equalBytes } from '../../core/bytes.ts'
import { checkCharter, MAX_RETIRED, type CharterFields, type Paper } from '../../core/charter.ts'
import { ANY_TIME } from '../../core/claim.ts'
import type { PeerId, SegmentId } from '../../core/ids.ts'
import { recordKinds } from '../../core/keys.ts'
import { mapLimited } from '../../flow/map-limited.ts'
import { tell } from '../../protocol/group.ts'
import type { OwnGroup } from '../groups/own-group.ts'
import { commitNote, isRenewalDue, withCharter } from '../groups/own-papers.ts'
import type { StoreTools } from '../groups/owner-tools.ts'
import { tellGroup } from '../groups/tell-group.ts'

const TELL_AT_ONCE = 6

/**
 * Writes down the charter that people have of the vault's group, where another device of the owner signed it, or a later state of this one:
 * what this device signs next says what it does. SPEC VLT28.
 */
export async function adoptCharter({ journal }: Pick<StoreTools, 'journal'>, group: OwnGroup, paper: Paper | undefined): Promise<void> {
  if (paper?.is !== 'charter' || !equalBytes(paper.groupKey, group.groupKey)) return
  await commitNote(journal, group, () => {
    const { note } = group
    if (paper.seq <= note.seq || note.tombstone !== null || paper.charter.root === null) return undefined
    return { ...note, seq: paper.seq, charter: paper.bytes, until: paper.charter.until, hasRoot: true }
  })
}

/**
 * Signs a charter of the vault's group for the policy's term, announced, if the last one says something else or is due: its root is one of
 * `listed`, the segments that lists name, and `gone` are retired. Resolves with whether one was signed. SPEC VLT28.
 */
export async function signVaultCharter(
  { journal, people, parts: { policy } }: Pick<StoreTools, 'journal' | 'people' | 'parts'>,
  group: OwnGroup,
  listed: readonly SegmentId[],
  gone: readonly SegmentId[],
): Promise<boolean> {
  const now = people.papers.now()
  return commitNote(journal, group, () => {
    const before = charterOf(group)
    const isListed = (id: SegmentId): boolean => listed.some((other) => equalBytes(other, id))
    const kept = before?.root && isListed(before.root.segmentId) ? before.root.segmentId : listed[0]
    if (kept === undefined || group.note.tombstone !== null) return undefined
    const earlier = (before?.retired ?? []).filter((id) => !isListed(id))
    const added = gone.filter((id) => !isListed(id) && !earlier.some((other) => equalBytes(other, id)))
    const isSame =
      before?.root?.segmentId === kept && before.announce !== undefined && added.length === 0 && earlier.length === before.retired.length
    if (isSame && !isRenewalDue(group, policy, now)) return undefined
    const root = { kind: recordKinds.layer, segmentId: kept, r: new Uint8Array() }
    const term = { until: now + policy.lease.termMs, grace: policy.lease.graceMs, announce: group.groupId }
    return withCharter(group, { ...term, root, retired: [...earlier, ...added].slice(-MAX_RETIRED) }, now)
  })
}

/** Tells the charter to everybody who keeps the group: those whom this device placed pieces with hear of one another too. */
export async function tellVaultCharter(tools: StoreTools, group: OwnGroup, holders: readonly PeerId[], signal: AbortSignal): Promise<void> {
  const { parts, people, journal } = tools
  await tellGroup(tools, group, signal)
  const told = journal.claims(group.groupId)
  const others = holders.filter((peer) => !told.has(peer))
  await mapLimited(others, TELL_AT_ONCE, async (peer) => {
    try {
      const news = { charter: group.note.charter, claims: [] }
      await tell(parts.network, parts.clock, peer, news, { signal, hops: people.of(peer).hops })
    } catch (error) {
      signal.throwIfAborted()
      people.papers.noteRefusal(peer, error)
    }
  })
}

function charterOf({ note }: OwnGroup): CharterFields | undefined {
  if (note.charter.length === 0) return undefined
  const paper = checkCharter(note.charter, ANY_TIME)
  return paper.is === 'charter' ? paper.charter : undefined
}
