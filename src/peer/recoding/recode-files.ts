import { MAX_RETIRED } from '../../core/charter.ts'
import { codeOf, ignoreKnownErrors } from '../../core/errors.ts'
import { isNarrow, type FileCode } from '../../core/policy.ts'
import { recordCount } from '../../core/records.ts'
import { afterLook, isRecodingDue, RECODING_LOSTS, type Narrowness } from '../../core/recoding.ts'
import { createBucket } from '../../protocol/pace/bucket.ts'
import { createStripeReader } from '../fetching/read-stripes.ts'
import type { Cut, FileNote } from '../groups/journal-notes.ts'
import type { OwnGroup } from '../groups/own-group.ts'
import type { StoreTools } from '../groups/owner-tools.ts'
import { commitContent, type Content } from '../storing/content.ts'
import { rowForPeople } from '../storing/decide-code.ts'
import { plansByGroup } from '../storing/group-plans.ts'
import { retireOthers } from './layouts.ts'
import { recodeContent } from './recode-content.ts'
import { recodeLink } from './recode-link.ts'
import { isReady, type Recodable, type RecodeTools } from './recode-tools.ts'
import { sweepFetched } from './sealed-bytes.ts'
import { takeOver } from './take-over.ts'

/** Longest time between two tries of what has begun. */
const TRY_EVERY_MS = 300_000

/**
 * Codes stored contents anew whose n has been small for the people there for long enough, one after another, and their links after them;
 * takes over those of another owner before that, and retires the layouts that nobody reads any more. Runs until `signal` aborts.
 * Source: core SPEC.md RCD.
 */
export async function recodeFiles(given: StoreTools, own: Recodable, signal: AbortSignal): Promise<never> {
  const { parts, people, lines } = given
  const { clock, policy } = parts
  const budget = createBucket(clock)
  budget.setRate(policy.guardian.bytesPerSecond)
  const stripes = createStripeReader({ parts, people, lines, failed: new Map() }, signal)
  const tools: RecodeTools = { ...given, own, stripes, budget }
  const beganAt = clock.ran()
  const looks = new WeakMap<Content, number>()
  await sweepFetched(parts.outbox, (id) => own.contents().some(({ id: other, note }) => other === id && isUnderWay(note))).catch(
    ignoreKnownErrors,
  )
  for (;;) {
    await people.settled(signal)
    for (const content of own.contents())
      if (content.note.takenFrom !== undefined) await tend(tools, content, (ending) => takeOver(tools, content, ending), signal)
    const isAnyIdle = own.contents().some((content) => canBegin(content))
    const today = isAnyIdle ? await rowForPeople(tools, signal) : undefined
    for (const content of own.contents()) {
      if (isAnyIdle && canBegin(content)) await tend(tools, content, (ending) => look(tools, content, today, looks, ending), signal)
      if (content.note.next !== undefined) {
        await tend(tools, content, (ending) => recodeContent(tools, content, beganAt, ending), signal)
      } else if (content.groups.some(({ others }) => others.size > 0)) {
        await tend(tools, content, (ending) => retireOld(tools, content.groups, ending), signal)
      }
    }
    for (const { content, link } of own.all()) if (link) await careForLink(tools, content, link, signal).catch(ignoreUnlessAborted(signal))
    const isBegun = own.contents().some(({ note }) => isUnderWay(note))
    const lookMs = RECODING_LOSTS.look * policy.presence.lostAfterMs
    await clock.wait(isBegun ? Math.min(lookMs, TRY_EVERY_MS) : lookMs, { signal })
  }
}

function isUnderWay({ next, takenFrom }: FileNote): boolean {
  return next !== undefined || takenFrom !== undefined
}

/** Runs `work` on a content, which whoever ends the content ends first. What fails now is tried again by the next look. */
async function tend(
  { changes }: RecodeTools,
  content: Content,
  work: (ending: AbortSignal) => Promise<unknown>,
  signal: AbortSignal,
): Promise<void> {
  const ending = new AbortController()
  const done = work(AbortSignal.any([signal, ending.signal])).catch((error: unknown) => {
    if (ending.signal.aborted) return
    ignoreUnlessAborted(signal)(error)
  })
  content.recoding = {
    percent: undefined,
    end: async () => {
      ending.abort(new Error('the content has ended'))
      await done.catch(() => undefined)
    },
  }
  try {
    await done
  } finally {
    const isShown = content.recoding.percent !== undefined
    content.recoding = undefined
    if (isShown) changes.tell()
  }
}

function ignoreUnlessAborted(signal: AbortSignal): (error: unknown) => void {
  return (error) => {
    signal.throwIfAborted()
    if (codeOf(error) === undefined) throw error
    ignoreKnownErrors(error)
  }
}

/** Tells whether the content rests: stored, of one layout, and not to be coded anew yet. */
function canBegin({ note, code, groups }: Content): boolean {
  const isWhole = note.isStored && !note.isPaused && note.cut !== undefined && code !== undefined
  return isWhole && note.next === undefined && groups.length > 0 && groups.every(({ others }) => others.size === 0)
}

/** Writes down since when the n of a content is small for what it would get `today`, and begins to code it anew when that is due. */
async function look(
  tools: RecodeTools,
  content: Content,
  today: FileCode | undefined,
  looks: WeakMap<Content, number>,
  signal: AbortSignal,
): Promise<void> {
  const { parts, journal, people } = tools
  const { note, code } = content
  const now = people.papers.now()
  const isSmall = code !== undefined && isNarrow(code, today)
  const before: Narrowness = { since: note.narrowSince, looksInVain: looks.get(content) ?? 0 }
  const { since, looksInVain } = afterLook(before, isSmall ? 'narrow' : 'wide enough', now)
  looks.set(content, looksInVain)
  const isDue = isSmall && isRecodingDue(since, now, parts.policy.presence.lostAfterMs) && isReady(tools, content)
  const next = isDue && today !== undefined ? newCut(content, today, parts.policy.segment.bytes) : undefined
  signal.throwIfAborted()
  if (next === undefined && since === note.narrowSince) return
  await commitContent(journal, content, ({ narrowSince: _before, ...rest }) => ({
    ...rest,
    ...(since !== undefined && { narrowSince: since }),
    ...(next !== undefined && { next, movedAt: now }),
  }))
}

/** Returns the cut of a content by `code`, in the groups that it has; undefined where one of them would get too many segments. SPEC RCD3. */
function newCut({ size, note: { cut } }: Content, { k, m, n }: FileCode, segmentBytes: number): Cut | undefined {
  if (cut === undefined) return undefined
  const { first = { k: cut.k, segmentBytes: cut.segmentBytes } } = cut
  const next = { k, m, n, segmentBytes, records: recordCount(size), first }
  const plans = plansByGroup(size, next)
  // With its manifest, all of a layout fits the list of a charter that retires it.
  if (plans.some(({ length }) => length >= MAX_RETIRED)) return undefined
  return { ...next, segments: plans.flat().length }
}

/** Retires the layouts that the charters of these groups named before, once that is due. */
async function retireOld(tools: RecodeTools, groups: readonly OwnGroup[], signal: AbortSignal): Promise<void> {
  for (const group of groups) {
    const isDue = (group.note.retireAt ?? 0) <= tools.people.papers.now()
    if (group.others.size > 0 && isDue && group.note.tombstone === null) await retireOthers(tools, group, signal)
  }
}

async function careForLink(tools: RecodeTools, content: Content, link: OwnGroup, signal: AbortSignal): Promise<void> {
  if (content.note.next !== undefined || content.code === undefined) return
  await recodeLink(tools, link, content.code, signal)
}
