import type { Content } from '../../storing/content.ts'
import { ROOT_PLACE } from '../../groups/journal.ts'
import type { OwnFile } from '../own-file.ts'
import type { OwnFiles } from '../own-files.ts'
import { isOpenable, type OwnGroup } from '../../groups/own-group.ts'
import { keptRoot } from '../../storing/root-object.ts'
import { isLeftToGuardian, isWanted, placeRound } from '../../groups/place-round.ts'
import { tellEnded } from '../../groups/end-group.ts'
import { tellGroup } from '../../groups/tell-group.ts'
import type { Changes } from '../../../flow/changes.ts'
import type { StoreTools } from '../../groups/owner-tools.ts'
import { claimedPieces, type PlacedSegment } from '../../placing/placed-segment.ts'

const TEND_EVERY_MS = 60_000

/**
 * Places the manifests and links of stored files, whose sealed bytes the journal keeps, with more people as they appear, until all n pieces
 * are claimed, and has packs rewritten: once a minute, and at once when `losses` tells of one. Runs until `signal` aborts; the next round tries
 * again what failed.
 */
export async function topUpRoots(tools: StoreTools, own: OwnFiles, losses: Changes, signal: AbortSignal): Promise<never> {
  const { parts, people, journal, changes } = tools
  const isNothingOwn = (): boolean => own.contents().length === 0 && own.all().length === 0 && journal.ended().length === 0
  const tend = async (work: Promise<void>): Promise<void> => {
    try {
      await work
    } catch {
      signal.throwIfAborted()
    }
  }
  for (;;) {
    await people.settled(signal)
    await tend(tellEnded(tools, signal))
    // Not awaited: a rewrite waits for people.
    void own.carePacks()
    for (const file of own.all()) await tend(tendLink(tools, file, signal))
    for (const content of own.contents()) await tend(tendManifests(tools, content, signal))
    // A device that owns nothing does not wake for it.
    await (isNothingOwn() ? changes.next(signal) : losses.nextWithin(parts.clock, TEND_EVERY_MS, signal))
  }
}

async function tendLink(tools: StoreTools, { link }: OwnFile, signal: AbortSignal): Promise<void> {
  if (link !== undefined && isOpenable(link)) await topUp(tools, link, signal)
}

async function tendManifests(tools: StoreTools, { note, running, groups }: Content, signal: AbortSignal): Promise<void> {
  if (!note.isStored || running !== undefined) return
  for (const group of groups) await topUp(tools, group, signal)
}

/** Runs one round of placing the root object of `group`, as it was sealed, when a piece is missing and somebody could take it. */
async function topUp(tools: StoreTools, group: OwnGroup, signal: AbortSignal): Promise<void> {
  const root = keptRoot(group)
  if (root === undefined || isLeftToGuardian(tools, group, root.segment)) return
  const { segment, source } = root
  // Of a group that was found lately, claims are still to be looked at.
  if (hasUnsettled(tools, group, segment)) return
  const isUnproven = claimedPieces(segment).some(({ stage, holder }) => stage === 'claimed' && tools.people.isReachable(holder))
  if (!isUnproven && !isWanted(tools, group, segment)) return
  const placed = await placeRound(tools, group, ROOT_PLACE, segment, source, () => undefined, signal)
  if (placed > 0) await tellGroup(tools, group, signal)
}

/** Tells whether somebody here says that it keeps a piece of the segment at which no look has succeeded or failed. */
function hasUnsettled({ people }: StoreTools, { roll }: OwnGroup, { segmentId }: PlacedSegment): boolean {
  return roll
    .keepersOf(segmentId)
    .some(({ holder, checkedAt, hasFailed }) => checkedAt === undefined && !hasFailed && people.isHere(holder))
}
