import { ignoreKnownErrors } from '../../../core/errors.ts'
import type { Changes } from '../../../flow/changes.ts'
import { createPartnerWatch, lookForLossesMs } from '../../checking/partner-watch.ts'
import { missingIndices } from '../../groups/counted-pieces.ts'
import type { StoreTools } from '../../groups/owner-tools.ts'
import { isLeftToGuardian } from '../../groups/place-round.ts'
import { commitContent, isUnsought, type Content } from '../../storing/content.ts'
import { contentHealth, type ContentHealth } from '../../storing/content-health.ts'
import type { OwnFiles } from '../own-files.ts'

/** Longest time between two looks at everything, and its share of lostAfterMs where that is short. */
const [LOOK_EVERY_MS, LOOK_SHARE] = [300_000, 1 / 4]
/** How long a search goes on before it is written down again. */
const WRITE_EVERY_MS = 3_600_000

/**
 * Has the lost pieces of stored files placed anew of which this device has the sealed copy, as soon as a loss is declared or a guardian that
 * was at work has ended, and counts for how long it has looked in vain for the people who keep the others. Tells `losses` of every loss that
 * is declared. Runs until `signal` aborts.
 * Source: core SPEC.md POL9, PLC4, RPR4.
 */
export async function careForLosses(tools: StoreTools, own: OwnFiles, losses: Changes, signal: AbortSignal): Promise<never> {
  const { parts, people, changes } = tools
  const { clock, network, policy } = parts
  const periodMs = Math.min(LOOK_EVERY_MS, policy.presence.lostAfterMs * LOOK_SHARE)
  const partners = createPartnerWatch(network.self, people, policy.presence, ({ holder, takenAt }) => people.lostSince(holder, takenAt))
  /** What of its health at the last look shows by time alone. */
  const shownByContent = new WeakMap<Content, string>()
  /** Those of which a segment is left to a guardian. */
  const left = new Set<Content>()
  let lookedAt = clock.ran()

  /** Returns the health of the content, after its lost pieces began to be placed anew where this device does that. */
  function look(content: Content): ContentHealth {
    const health = contentHealth(content, tools, clock.now())
    // Nobody tells that a person is lost, or has been there often enough.
    const shown = `${health.known} ${health.steadiness}`
    if (shownByContent.get(content) !== shown) changes.tell()
    shownByContent.set(content, shown)
    const next = nextFor(tools, content)
    if (next === 'leave') left.add(content)
    else left.delete(content)
    if (next === 'place') own.placeAnew(content)
    return health
  }

  async function lookAtAll(passedMs: number): Promise<void> {
    left.clear()
    for (const { link } of own.all()) if (link) partners.note(link.roll)
    for (const content of storedContents(own)) {
      for (const { roll } of content.groups) partners.note(roll)
      const health = look(content)
      // A device that is alone looks for nobody.
      const isLooking = people.here().length > 0 && !health.isChecking
      // What cannot be written now is written by a later look.
      if (isLooking) await noteSearch(tools, content, health, passedMs).catch(ignoreKnownErrors)
    }
  }

  for (;;) {
    // A device that owns nothing does not wake for it.
    while (own.contents().length === 0 && own.all().length === 0) {
      await changes.next(signal)
      lookedAt = clock.ran()
    }
    await clock.wait(Math.min(periodMs, lookForLossesMs(policy.presence)), { signal })
    const fallen = partners.fallen()
    if (fallen.length > 0) losses.tell()
    const passedMs = clock.ran() - lookedAt
    if (passedMs >= periodMs) {
      lookedAt = clock.ran()
      await lookAtAll(passedMs)
    } else if (fallen.length > 0 || left.size > 0) {
      const isConcerned = (content: Content): boolean =>
        left.has(content) || content.groups.some(({ roll }) => fallen.some((peer) => roll.find(peer) !== undefined))
      for (const content of storedContents(own).filter(isConcerned)) look(content)
    }
  }
}

function storedContents(own: OwnFiles): readonly Content[] {
  // A search says nothing of a content of which it is not known what people keep.
  return own.contents().filter((content) => content.note.isStored && content.code !== undefined && !isUnsought(content))
}

/**
 * Returns 'place' when the content rests, its sealed copy is here, and fewer than n pieces of one of its segments are kept; 'leave' when
 * guardians are at work on all such segments.
 */
function nextFor(tools: StoreTools, { note, running, groups }: Content): 'place' | 'leave' | 'nothing' {
  if (!note.hasOutbox || note.isPaused || running !== undefined) return 'nothing'
  let next: 'leave' | 'nothing' = 'nothing'
  for (const group of groups) {
    for (const segment of group.segments.values()) {
      if (missingIndices(tools.patient, group, segment).length === 0) continue
      if (!isLeftToGuardian(tools, group, segment)) return 'place'
      next = 'leave'
    }
  }
  return next
}

/** Counts `passedMs` more of looking, from 0 on as soon as k pieces are known. Throws what the journal throws. */
async function noteSearch(tools: StoreTools, content: Content, { known }: ContentHealth, passedMs: number): Promise<void> {
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
