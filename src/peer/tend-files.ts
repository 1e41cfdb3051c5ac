import type { PeerId } from '../core/ids.ts'
import type { SegmentSource } from './describe-segment.ts'
import { splitWork } from './group-work.ts'
import { ROOT_PLACE } from './journal.ts'
import type { OwnFile } from './own-file.ts'
import { isOpenable, type OwnGroup } from './own-group.ts'
import { claimedPieces } from './place-segment.ts'
import { linkSource } from './share-file.ts'
import { candidatesFor, placeRound, tellGroup, type StoreTools } from './store-group.ts'
import { manifestSource } from './store-manifest.ts'

const TEND_EVERY_MS = 60_000

/**
 * Gives the manifests and links of stored files, which can be made again without the outbox, to more people as they appear, until all n
 * pieces lie somewhere. Ends when `signal` aborts; what fails is tried again in the next round.
 */
export async function tendFiles(tools: StoreTools, files: () => readonly OwnFile[], signal: AbortSignal): Promise<never> {
  const { parts, people } = tools
  for (;;) {
    await people.settled(signal)
    for (const file of files()) {
      try {
        await tend(tools, file, signal)
      } catch {
        signal.throwIfAborted()
      }
    }
    await parts.clock.wait(TEND_EVERY_MS, { signal })
  }
}

async function tend(tools: StoreTools, file: OwnFile, signal: AbortSignal): Promise<void> {
  const { link, linkKey, code, groups, note } = file
  const [first] = groups
  if (code === undefined || first === undefined) return
  if (link !== undefined && linkKey !== undefined && isOpenable(link)) {
    await topUp(tools, link, () => linkSource(tools, file, first, linkKey), signal)
  }
  if (!note.isStored || file.running !== undefined) return
  const work = splitWork(file, code, tools.parts.policy)
  for (const each of work) {
    if (each.plans.length > 1) await topUp(tools, each.group, () => manifestSource(tools, file, work, each), signal)
  }
}

/** Runs one round of placing the root object of `group` when a piece is missing and somebody could take it. */
async function topUp(tools: StoreTools, group: OwnGroup, sourceOf: () => Promise<SegmentSource>, signal: AbortSignal): Promise<void> {
  const segment = group.segments.get(ROOT_PLACE)
  if (segment === undefined) return
  const here = new Set<PeerId>(tools.people.here().map(({ peer }) => peer))
  const claimed = claimedPieces(segment)
  const isUnproven = claimed.some(({ stage, holder }) => stage === 'claimed' && here.has(holder))
  const isMissing = claimed.length < segment.descriptor.n && candidatesFor(tools, group, segment).length > 0
  if (!isUnproven && !isMissing) return
  const placed = await placeRound(tools, group, ROOT_PLACE, segment, await sourceOf(), () => undefined, signal)
  if (placed > 0) await tellGroup(tools, group, signal)
}
