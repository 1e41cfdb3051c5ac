import { equalBytes } from '../../core/bytes.ts'
import { checkCharter, MAX_RETIRED, type CharterFields, type Root } from '../../core/charter.ts'
import { ANY_TIME } from '../../core/claim.ts'
import { assert } from '../../core/errors.ts'
import type { SegmentId } from '../../core/ids.ts'
import { recordKinds } from '../../core/keys.ts'
import type { Change, Journal } from '../groups/journal.ts'
import { OTHER_LAYOUT, ROOT_PLACE } from '../groups/journal.ts'
import type { RootObject } from '../groups/journal-notes.ts'
import { inOtherLayout, placeIn, type Kept, type OwnGroup } from '../groups/own-group.ts'
import { commitNote, withCharter } from '../groups/own-papers.ts'
import type { StoreTools } from '../groups/owner-tools.ts'
import { tellGroup } from '../groups/tell-group.ts'
import type { PlacedSegment } from '../placing/placed-segment.ts'

/** The place of the root object of the layout that no charter names. */
export const OTHER_ROOT_PLACE = OTHER_LAYOUT + ROOT_PLACE

/** A group, and the root by which its other layout is read. */
export interface NewRoot {
  readonly group: OwnGroup
  readonly root: Root
}

/** Returns the number of the layout of a group that its charter does not name. */
export function otherLayoutOf({ note }: OwnGroup): number {
  return 1 - (note.layout ?? 0)
}

/** Writes down the root object of the other layout together with its segment. SPEC SEA6. */
export async function commitOtherRoot(journal: Journal, group: OwnGroup, object: RootObject, segment: PlacedSegment): Promise<void> {
  const { groupId } = group
  await journal.change(group, () => ({
    notes: [
      { of: 'root', groupId, layout: otherLayoutOf(group), object },
      { of: 'segment', groupId, at: placeIn(group, OTHER_ROOT_PLACE), segment, keepers: [] },
    ],
    assign: () => void (kept(group).others = new Map([...group.others, [OTHER_ROOT_PLACE, segment]])),
  }))
}

/**
 * Signs the charters by which readers of these groups use their other layout from now on, and writes them down all together, with what `more`
 * adds in the turn of `owner`; the layout used so far is kept until `retireAt`, Unix milliseconds. Changes nothing when one of them has ended.
 * @returns whether they were changed
 */
export async function switchLayouts(
  journal: Journal,
  roots: readonly NewRoot[],
  { now, retireAt }: { readonly now: number; readonly retireAt: number },
  owner: object,
  more: () => Change,
): Promise<boolean> {
  let isDone = false
  const make = (): Change => {
    if (!roots.every(({ group }) => isLasting(journal, group))) return { notes: [], assign: () => undefined }
    const changed = roots.map(({ group, root }) => {
      const layout = otherLayoutOf(group)
      const manifestR = root.kind === recordKinds.manifest ? root.r : new Uint8Array()
      return { group, note: { ...withCharter(group, { ...charterOf(group), root }, now), layout, manifestR, retireAt } }
    })
    const also = more()
    return {
      notes: [...changed.map(({ group: { groupId }, note }) => ({ of: 'group' as const, groupId, note })), ...also.notes],
      assign() {
        for (const { group, note } of changed) {
          const { segments, others } = group
          const own = kept(group)
          own.note = note
          own.segments = moved(others)
          own.others = moved(segments)
          own.rootObject = journal.rootObject(group.groupId, note.layout)
        }
        also.assign()
        isDone = true
      },
    }
  }
  await journal.change(owner, make, ...roots.map(({ group }) => group))
  return isDone
}

/**
 * Signs a charter that retires the segments of the other layout, tells the holders, and forgets that layout. Done anew where a crash cut it
 * short. SPEC RCD5.
 */
export async function retireOthers(tools: StoreTools, group: OwnGroup, signal: AbortSignal): Promise<void> {
  const { journal } = tools
  const ids = [...group.others.values()].map(({ segmentId }) => segmentId)
  if (ids.length > 0) {
    await commitRetired(tools, group, (before) => [...without(before, ids), ...ids].slice(-MAX_RETIRED))
    await tellGroup(tools, group, signal)
  }
  const places = [...group.others.keys()].map((at) => placeIn(group, at))
  await commitNote(journal, group, () => {
    const { retireAt: _over, ...note } = group.note
    return isLasting(journal, group) ? note : undefined
  })
  kept(group).others = new Map()
  await journal.dropLayout(group.groupId, places, otherLayoutOf(group))
}

/** Signs a charter that does not retire the segment, where the last one does: an earlier re-coding into it was given up. SPEC RCD6. */
export async function takeBack(tools: StoreTools, group: OwnGroup, segmentId: SegmentId): Promise<void> {
  await commitRetired(tools, group, (before) => without(before, [segmentId]))
}

async function commitRetired(
  { journal, people }: StoreTools,
  group: OwnGroup,
  next: (before: readonly SegmentId[]) => readonly SegmentId[],
): Promise<void> {
  await commitNote(journal, group, () => {
    if (!isLasting(journal, group)) return undefined
    const charter = charterOf(group)
    const retired = next(charter.retired)
    const isSame = retired.length === charter.retired.length && retired.every((id, at) => equalBytes(id, charter.retired[at] ?? id))
    return isSame ? undefined : withCharter(group, { ...charter, retired }, people.papers.now())
  })
}

/** Tells whether the group has neither ended nor been forgotten. */
function isLasting(journal: Journal, { groupId, note }: OwnGroup): boolean {
  return note.tombstone === null && journal.group(groupId) !== undefined
}

function charterOf({ note }: OwnGroup): CharterFields {
  const paper = checkCharter(note.charter, ANY_TIME)
  assert(paper.is === 'charter', 'a group that is coded anew is stored')
  return paper.charter
}

function without(ids: readonly SegmentId[], gone: readonly SegmentId[]): readonly SegmentId[] {
  return ids.filter((id) => !gone.some((other) => equalBytes(other, id)))
}

function moved(segments: ReadonlyMap<number, PlacedSegment>): ReadonlyMap<number, PlacedSegment> {
  return new Map([...segments].map(([at, segment]) => [inOtherLayout(at), segment]))
}

/** The group as the changes of this file write it, each after its commit. */
function kept(group: OwnGroup): Kept<OwnGroup, 'note' | 'segments' | 'others' | 'rootObject'> {
  return group
}
