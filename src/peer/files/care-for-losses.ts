import { codeOf } from '../../core/errors.ts'
import { missingIndices } from '../groups/counted-pieces.ts'
import type { StoreTools } from '../groups/owner-tools.ts'
import { commitContent, type Content } from '../storing/content.ts'
import { fileHealth, type FileHealth } from './file-health.ts'
import type { OwnFiles } from './own-files.ts'

/** Longest time between two looks, and its share of lostAfterMs where that is short. */
const [LOOK_EVERY_MS, LOOK_SHARE] = [300_000, 1 / 4]
/** How long a search goes on before it is written down again. */
const WRITE_EVERY_MS = 3_600_000

/**
 * Has the lost pieces of stored files placed anew of which this device has the sealed copy, and counts for how long it has looked in vain
 * for the people who keep the others. Runs until `signal` aborts.
 * Source: core SPEC.md POL9, PLC4.
 */
export async function careForLosses(tools: StoreTools, own: OwnFiles, signal: AbortSignal): Promise<never> {
  const { parts, people, changes } = tools
  const { clock, policy } = parts
  const periodMs = Math.min(LOOK_EVERY_MS, policy.presence.lostAfterMs * LOOK_SHARE)
  const knownByContent = new WeakMap<Content, number>()
  let lookedAt = clock.ran()
  for (;;) {
    await clock.wait(periodMs, { signal })
    const passedMs = clock.ran() - lookedAt
    lookedAt = clock.ran()
    for (const content of own.contents()) {
      if (!content.note.isStored || content.code === undefined) continue
      const health = fileHealth(content, tools, clock.now())
      // That somebody is lost shows by time alone.
      if (knownByContent.get(content) !== health.known) changes.tell()
      knownByContent.set(content, health.known)
      if (isToPlace(tools, content)) own.placeAnew(content)
      // A device that is alone looks for nobody.
      const isLooking = people.here().length > 0 && !health.isChecking
      if (isLooking) await noteSearch(tools, content, health, passedMs).catch(ignoreKnownErrors)
    }
  }
}

/** Tells whether the content rests, its sealed copy is here, and fewer than n pieces of one of its segments are kept. */
function isToPlace({ patient }: StoreTools, { note, running, groups }: Content): boolean {
  if (!note.hasOutbox || note.isPaused || running !== undefined) return false
  return groups.some((group) => [...group.segments.values()].some((segment) => missingIndices(patient, group, segment).length > 0))
}

/** Counts `passedMs` more of looking, from 0 on as soon as k pieces are known. Throws what the journal throws. */
async function noteSearch(tools: StoreTools, content: Content, { known }: FileHealth, passedMs: number): Promise<void> {
  const { parts, journal, changes } = tools
  const { lostAfterMs } = parts.policy.presence
  const { soughtMs: before, note, code } = content
  const isShort = known < (code?.k ?? 0)
  content.soughtMs = isShort ? Math.min(before + passedMs, lostAfterMs) : 0
  if (content.soughtMs === lostAfterMs || before === lostAfterMs) changes.tell()
  const { soughtMs } = content
  const { soughtMs: written = 0 } = note
  const isDue = soughtMs === 0 || soughtMs === lostAfterMs || soughtMs - written >= Math.min(WRITE_EVERY_MS, lostAfterMs * LOOK_SHARE)
  if (!isDue || soughtMs === written) return
  await commitContent(journal, content, ({ soughtMs: _before, ...rest }) => (soughtMs === 0 ? rest : { ...rest, soughtMs }))
}

/** What cannot be written now is written by a later look. An error of our own making is thrown on, so that tests see it. */
function ignoreKnownErrors(error: unknown): void {
  if (codeOf(error) === undefined) throw error
}
