import { equalBytes } from '../../core/bytes.ts'
import { codeOf, HoardError, ignoreKnownErrors } from '../../core/errors.ts'
import { recordKinds } from '../../core/keys.ts'
import { encodeManifest } from '../../core/manifest.ts'
import { wrapObject } from '../../core/padded-object.ts'
import type { FileCode } from '../../core/policy.ts'
import { isRecodingVain, RECODING_LOSTS } from '../../core/recoding.ts'
import type { SegmentPlan } from '../../core/segment.ts'
import { idFromHex } from '../../core/vault/entry-id.ts'
import { retryWorker } from '../../flow/retry-worker.ts'
import { countedIndices } from '../groups/counted-pieces.ts'
import { OTHER_LAYOUT } from '../groups/journal.ts'
import type { Cut, FileNote } from '../groups/journal-notes.ts'
import { commitSegment, type OwnGroup } from '../groups/own-group.ts'
import { tellGroup } from '../groups/tell-group.ts'
import { describeSegment } from '../placing/describe-segment.ts'
import { sealedInMemory, type SegmentSource } from '../placing/segment-source.ts'
import { contentHealth, mayGo } from '../storing/content-health.ts'
import { commitContent, isSealed, type Content } from '../storing/content.ts'
import { plansByGroup } from '../storing/group-plans.ts'
import { damageOf, recoverSpool } from '../storing/recover-spool.ts'
import { digestOfRoot } from '../storing/root-object.ts'
import { commitOtherRoot, OTHER_ROOT_PLACE, otherLayoutOf, retireOthers, switchLayouts, takeBack } from './layouts.ts'
import { placePieces } from './place-pieces.ts'
import { isReady, type RecodeTools } from './recode-tools.ts'
import { freeFetched, sealedBytes, sweepFetched } from './sealed-bytes.ts'

/** A group of a content, and the segments of its new layout. */
interface NewLayout {
  readonly group: OwnGroup
  readonly plans: readonly SegmentPlan[]
}

/** How often it is looked whether a store of the content has ended. */
const HALT_MS = 1_000

/**
 * Goes on with coding `content` anew into the cut that its note names, from wherever that stands: describes and places the segments of the new
 * layout one after another, then the manifests, and once m pieces of everything are read back signs the charters that name it. Stops where m
 * pieces of what readers use are not known, and gives up where nothing moves for long: what readers use stays untouched.
 * @param beganAt when this device began to try, on the scale of `ran`
 * @throws HoardError of this device; `signal.reason`
 * Source: SPEC.md RCD2 to RCD6.
 */
export async function recodeContent(
  tools: RecodeTools,
  content: Content,
  beganAt: number,
  signal: AbortSignal,
): Promise<'done' | 'given up' | 'later'> {
  const { parts, people } = tools
  const { next, movedAt = 0 } = content.note
  if (next === undefined) return 'done'
  const isVain = (): boolean =>
    isRecodingVain(content.note.movedAt ?? movedAt, people.papers.now(), parts.clock.ran() - beganAt, parts.policy.presence.lostAfterMs)
  try {
    if (isReady(tools, content) && (await placeLayout(tools, content, next, signal))) {
      return (await switchContent(tools, content, next, signal)) ? 'done' : 'later'
    }
  } catch (error) {
    signal.throwIfAborted()
    await mend(tools, content, next, error)
  }
  if (!isVain()) return 'later'
  await giveUp(tools, content, signal)
  return 'given up'
}

/** Ends a re-coding: people are told to give up what they have of the new layout. */
export async function giveUp(tools: RecodeTools, content: Content, signal: AbortSignal): Promise<void> {
  for (const group of content.groups) await retireOthers(tools, group, signal)
  await commitContent(tools.journal, content, ({ next: _next, movedAt: _movedAt, narrowSince: _since, ...note }) => note)
  await forgetFetched(tools, content)
}

/** Returns the new layout of each group. */
function layoutsOf({ size, groups }: Content, next: Cut): readonly NewLayout[] {
  const plans = plansByGroup(size, next)
  return groups.map((group, at) => ({ group, plans: plans[at] ?? [] }))
}

/** Places what is missing of the new layout. Returns whether all of it is kept by enough people to be used. */
async function placeLayout(tools: RecodeTools, content: Content, next: Cut, signal: AbortSignal): Promise<boolean> {
  const layouts = layoutsOf(content, next)
  const total = layouts.reduce((sum, { plans }) => sum + plans.length, 0)
  let done = 0
  const show = (share: number): void => {
    const { recoding } = content
    if (recoding !== undefined) recoding.percent = Math.floor((100 * (done + share)) / total)
    tools.changes.tell()
  }
  for (const { group, plans } of layouts) {
    for (const [at, plan] of plans.entries()) {
      show(0)
      if (!(await placeContentSegment(tools, content, group, { at: OTHER_LAYOUT + at, plan, next, show }, signal))) return false
      done++
    }
  }
  for (const layout of layouts.toReversed()) {
    if (layout.plans.length > 1 && !(await placeManifest(tools, content, layouts, layout, next, signal))) return false
  }
  return true
}

async function placeContentSegment(
  tools: RecodeTools,
  content: Content,
  group: OwnGroup,
  { at, plan, next, show }: { readonly at: number; readonly plan: SegmentPlan; readonly next: Cut; readonly show: (share: number) => void },
  signal: AbortSignal,
): Promise<boolean> {
  const { parts, journal } = tools
  let source: Promise<SegmentSource> | undefined
  const sealed = (): Promise<SegmentSource> => (source ??= sealedBytes(tools, content, plan, next.k, signal))
  let segment = group.others.get(at)
  if (segment === undefined) {
    segment = await describeSegment(parts.coder, next, group.groupKey, await sealed(), signal)
    await takeBack(tools, group, segment.segmentId)
    await commitSegment(journal, group, at, segment)
  }
  const job = { group, at, segment, source: sealed, isReady: () => isReady(tools, content), onPlaced: show }
  const isPlaced = await placePieces(tools, job, signal)
  if (!isPlaced) return false
  if (source !== undefined) await noteMoved(tools, content)
  await freeFetched(tools, content, plan)
  return true
}

async function placeManifest(
  tools: RecodeTools,
  content: Content,
  layouts: readonly NewLayout[],
  { group, plans }: NewLayout,
  next: Cut,
  signal: AbortSignal,
): Promise<boolean> {
  const { parts, journal } = tools
  const rows = plans.flatMap(({ records }, at) => {
    const segment = group.others.get(OTHER_LAYOUT + at)
    return segment === undefined ? [] : [{ segmentId: segment.segmentId, records }]
  })
  const further = group === layouts[0]?.group ? layouts.slice(1) : []
  const object = encodeManifest({
    rows,
    next: further.map(({ group: { groupId }, plans: theirs }) => ({
      groupId,
      records: theirs.reduce((sum, { records }) => sum + records, 0),
    })),
  })
  const digest = digestOfRoot(object)
  let kept = journal.rootObject(group.groupId, otherLayoutOf(group))
  let segment = group.others.get(OTHER_ROOT_PLACE)
  if (kept === undefined || segment === undefined || !equalBytes(kept.digest, digest)) {
    const r = parts.random.bytes(32)
    const key = { fileKey: content.fileKey, kind: recordKinds.manifest, r, firstRecord: 0, isEnd: true }
    const sealed = await retryWorker(() => parts.coder.seal(key, wrapObject(object)))
    kept = { digest, sealed, r }
    segment = await describeSegment(parts.coder, next, group.groupKey, sealedInMemory(sealed), signal)
    await commitOtherRoot(journal, group, kept, segment)
  }
  const source = sealedInMemory(kept.sealed)
  const job = { group, at: OTHER_ROOT_PLACE, segment, source: async () => source, isReady: () => isReady(tools, content) }
  return placePieces(tools, job, signal)
}

/** Signs the charters that name the new layout, and tells the holders; from then on the content is what that layout says. */
async function switchContent(tools: RecodeTools, content: Content, next: Cut, signal: AbortSignal): Promise<boolean> {
  const { parts, journal, people, changes, vault } = tools
  const roots = layoutsOf(content, next).flatMap(({ group, plans }) => {
    const isListed = plans.length > 1
    const segment = group.others.get(isListed ? OTHER_ROOT_PLACE : OTHER_LAYOUT)
    const r = isListed ? journal.rootObject(group.groupId, otherLayoutOf(group))?.r : new Uint8Array()
    if (segment === undefined || r === undefined) return []
    return [{ group, root: { kind: isListed ? recordKinds.manifest : recordKinds.content, segmentId: segment.segmentId, r } }]
  })
  const isSafe = content.groups.every((group) =>
    [...group.others.values()].every((segment) => countedIndices(tools.known, group, segment).size >= next.m),
  )
  if (!isSafe || roots.length !== content.groups.length || !isReady(tools, content)) return false
  const [now, code] = [people.papers.now(), { k: next.k, m: next.m, n: next.n }]
  const times = { now, retireAt: Math.floor(now + RECODING_LOSTS.steady * parts.policy.presence.lostAfterMs) }
  const isSwitched = await whileHalted(tools, content, signal, () =>
    switchLayouts(journal, roots, times, content, () => {
      const { next: _next, movedAt: _movedAt, narrowSince: _since, ...note } = { ...content.note, cut: next }
      return {
        notes: [{ of: 'file', id: content.id, note }],
        assign() {
          const kept: { note: FileNote } = content
          kept.note = note
          content.code = code
          content.segmentCount = next.segments
        },
      }
    }),
  )
  if (!isSwitched) return false
  changes.tell()
  // Whoever deletes the content waits for this to end.
  signal.throwIfAborted()
  const id = idFromHex(content.id)
  const layout = vault.entries.get(id)?.layout?.value
  // The groups stay, with their salts and records.
  if (layout !== undefined) await vault.commit([{ id, fields: { layout: { ...layout, ...code } } }])
  for (const group of content.groups) await tellGroup(tools, group, signal)
  await forgetFetched(tools, content)
  await freeCopy(tools, content, code)
  signal.throwIfAborted()
  tools.own.placeAnew(content)
  return true
}

/** Runs `work` while no store of the content is under way: a store knows only the layout that it began with. */
async function whileHalted<Result>(
  { parts, changes }: RecodeTools,
  content: Content,
  signal: AbortSignal,
  work: () => Promise<Result>,
): Promise<Result> {
  while (content.running !== undefined) {
    content.running.abort(new HoardError('stream-closed', { reason: 'coded anew' }))
    await changes.nextWithin(parts.clock, HALT_MS, signal)
  }
  const running = new AbortController()
  content.running = running
  try {
    return await work()
  } finally {
    if (content.running === running) content.running = undefined
  }
}

/** Frees the sealed copy of a content that is safe elsewhere, as the end of a store does. SPEC POL10. */
async function freeCopy(tools: RecodeTools, content: Content, code: FileCode): Promise<void> {
  const { journal, parts } = tools
  if (!content.note.hasOutbox || !mayGo(contentHealth(content, tools, parts.clock.now()), code)) return
  await commitContent(journal, content, (note) => ({ ...note, hasOutbox: false }))
  await content.spool.remove()
  await journal.dropDigests(content.id)
}

async function noteMoved({ journal, people }: RecodeTools, content: Content): Promise<void> {
  await commitContent(journal, content, (note) => ({ ...note, movedAt: people.papers.now() }))
}

/** Forgets what was fetched, and the digests that only that needed. */
async function forgetFetched({ parts, journal }: RecodeTools, content: Content): Promise<void> {
  await sweepFetched(parts.outbox, (id) => id !== content.id)
  if (!content.note.hasOutbox) await journal.dropDigests(content.id)
}

/** Makes the next try read other bytes where the disk has spoilt some. What this device and others lack now, they may have later. */
async function mend(tools: RecodeTools, content: Content, next: Cut, error: unknown): Promise<void> {
  if (codeOf(error) === undefined) throw error
  const damagedAt = damageOf(error)
  if (damagedAt === undefined) return ignoreKnownErrors(error)
  if (content.note.hasOutbox && isSealed(content)) {
    await recoverSpool(tools, content, damagedAt)
    return
  }
  for (const { plans } of layoutsOf(content, next)) for (const plan of plans) await freeFetched(tools, content, plan)
}
