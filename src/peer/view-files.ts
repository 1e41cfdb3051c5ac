import { isSteady } from '../core/healing/steadiness.ts'
import { gradeOf, type FileCode } from '../core/policy.ts'
import { statusOf } from '../core/status.ts'
import type { AwayView, ExplanationView, FileView, ProgressView, MeterView } from './api/file-view.ts'
import type { StatusWord } from '../core/status.ts'
import { isSealed, isUnsought, type Content } from './storing/content.ts'
import { awayFrom } from './files/file-health.ts'
import type { ContentHealth } from './storing/content-health.ts'
import { drawPieces } from './api/meter.ts'
import { canRead } from './files/open-own-file.ts'
import { countedIndices, type Counting } from './groups/counted-pieces.ts'
import type { StoreTools } from './groups/owner-tools.ts'
import type { HeardRepairs } from './groups/heard-repairs.ts'
import { isOpenable } from './groups/own-group.ts'
import { askedUntil, isPastTerm } from './groups/own-papers.ts'
import type { PlaceView } from './tree/view-tree.ts'
import type { Rates } from '../flow/rates.ts'
import type { PeerParts } from './api/peer-parts.ts'
import type { Health } from '../core/health.ts'

/** What the rows are made of. */
export interface ViewTools extends Pick<StoreTools, 'people' | 'known' | 'busyRepairing'> {
  readonly parts: Pick<PeerParts, 'clock' | 'policy'>
  readonly rates: Rates
  readonly repairs: Pick<HeardRepairs, 'isUnderWay'>
}

/** The part of a row that is the same for every file of one content. */
export type ContentView = Omit<
  FileView,
  'id' | 'type' | 'size' | 'addedAt' | 'modifiedAt' | 'versions' | 'linkPath' | 'linkUntil' | 'pack' | keyof PlaceView
>

/** Returns the part of the rows that is the same for every file of `content`. */
export function viewContent(content: Content, health: ContentHealth, tools: ViewTools): ContentView {
  const { rates, repairs, known: counting, parts } = tools
  const { code, activity, note, groups, blob } = content
  const isPlacing = activity.kind === 'placing'
  // What was stored once is not stored again: lost pieces of it are made anew.
  const isTransferring = (isPlacing && !note.isStored) || activity.kind === 'sealing'
  const isRepairing = note.isStored && (isPlacing || isRepairedByOthers(content, health, repairs))
  const isOver = isTermOver(content, tools)
  // What nobody is asked to keep counts for nothing, whoever may still keep it.
  const [reachable, verified] = isOver ? [0, 0] : [health.here, health.known]
  const isShareable = groups.length > 0 && groups.every(isOpenable)
  const isDecided = code !== undefined
  const hasLocalCopy = note.hasOutbox && isSealed(content)
  // The part that is not yet placed lies here, sealed or as it was dropped, and more people would not change that.
  const isHereWhole = hasLocalCopy || (blob !== undefined && !note.isStored)
  const status = statusOf({
    hasLocalCopy: isHereWhole,
    // The part of a file that has to be dropped again is neither here nor with others: its store is not over.
    isTransferring: isTransferring || (!note.isStored && !isHereWhole),
    isRepairing,
    reachable,
    known: verified,
    isGivenUp: content.soughtMs >= parts.policy.presence.lostAfterMs,
    verified,
    isReadBack: note.isStored,
    k: code?.k ?? 0,
    m: code?.m ?? 0,
    n: isDecided ? code.n : 0,
    grade: isDecided ? gradeOf(code.k, code.n, health.steadiness) : 'Fragile',
  })
  const progress = isTransferring || (note.isPaused && !note.isStored) ? progressOf(content, rates) : undefined
  return {
    status,
    explanation: explain(content, status, health, tools),
    meter: meterOf(code, health, isPlacing ? placingOf(content, health.known, counting) : 0),
    health: { ...health, needed: code?.k ?? 0, wanted: code?.m ?? 0 },
    ...(progress === undefined ? {} : { progress }),
    ...(isShareable ? { keptUntil: Math.min(...groups.map(askedUntil)) } : {}),
    canShare: isShareable,
    canDownload: canRead(content),
    hasLocalCopy,
    needsOriginal: blob !== undefined && !isSealed(content),
    isPaused: note.isPaused,
  }
}

/** Largest margin that is shown beside the word. SPEC HTH4. */
const THIN_MARGIN = 1

/** Returns the explanation beside the word: for a stored content the people who keep it, for any other its activity. */
function explain(content: Content, status: StatusWord, health: ContentHealth, tools: ViewTools): ExplanationView {
  const { code, note } = content
  const { here, known, margin, steadiness, isChecking } = health
  if (content.elsewhere !== undefined) return { is: 'elsewhere', ...content.elsewhere }
  const work = explainWork(content, known, tools)
  if (code === undefined) return work
  if (isTermOver(content, tools) && (work.is === 'none' || work.is === 'placed'))
    return { is: 'over', until: Math.min(...content.groups.map(askedUntil)), hasCopy: note.hasOutbox && isSealed(content) }
  const away = (which: 'all' | 'given up'): { readonly away?: AwayView } => {
    const found = awayFrom(content, tools, which)
    return found === undefined ? {} : { away: found }
  }
  if (isUnsought(content) && status !== 'Cannot be rebuilt') return { is: 'unsought' }
  if (status === 'Waiting for people') return { is: 'waiting', reachable: here, needed: code.k, ...away('all') }
  if (status === 'Cannot be rebuilt') return { is: 'gone', known, needed: code.k, ...away('all') }
  const isQuiet = work.is === 'none' || work.is === 'placed'
  // More pieces with people of this kind would change nothing.
  const isVain = note.isStored && known >= code.m && steadiness === 'too low' && !isChecking
  if (isVain && (isQuiet || work.is === 'placing')) return { is: 'unsteady', steadiness }
  if (work.is === 'placing' && note.isStored) return { ...work, ...away('given up') }
  if (!note.isStored || !isQuiet) return work
  if (isChecking) return { is: 'checking' }
  if (known < code.m)
    return status === 'Restoring' ? { is: 'restoring', known, of: code.n } : { is: 'short', known, of: code.n, ...away('given up') }
  const percent = content.recoding?.percent
  if (percent !== undefined) return { is: 'spreading', percent }
  if (margin <= THIN_MARGIN) return { is: 'thin', here, of: code.n, needed: code.k, margin }
  return isSteady(steadiness) ? work : { is: 'unsteady', steadiness }
}

/** Tells whether people were asked for a time only that is over. SPEC CHA6. */
function isTermOver({ note, groups }: Content, { people, parts }: ViewTools): boolean {
  const now = people.papers.passed()
  return note.isStored && groups.some((group) => isPastTerm(group, parts.policy, now))
}

/** Returns the explanation of a store that goes on, waits or has failed. */
function explainWork(content: Content, known: number, tools: ViewTools): ExplanationView {
  const { people, parts } = tools
  const { activity, blob, code, note, sealedBytes } = content
  const { kind, isLooking, trouble, waitsForRoom } = activity
  if (trouble !== undefined) return { is: 'trouble', trouble }
  if (waitsForRoom === 'to be made') return { is: 'trouble', trouble: { code: 'storage-full', facts: {} } }
  if (waitsForRoom === 'to be freed') return { is: 'keep-open' }
  const percent = Math.floor((100 * note.sealedBytes) / sealedBytes)
  if (kind === 'sealing') return { is: 'sealing', percent }
  if (content.running !== undefined && blob === undefined && !isSealed(content)) return { is: 'drop-again', percent }
  if (kind === 'queued') return { is: 'queued', people: people.present(), peopleNeeded: parts.policy.code[0]?.holders ?? 0 }
  if (code === undefined || (kind !== 'placing' && !isLooking)) return { is: 'none' }
  // A store that is over looks for nobody, whatever was lost since.
  return content.running !== undefined || known >= code.n ? explainPlacing(known, code, isLooking, tools) : { is: 'none' }
}

/** Returns the progress of the worst segment: `known` of n pieces, and the number of people still wanted once nobody is left to ask. */
function explainPlacing(known: number, { n }: FileCode, isLooking: boolean, { people, busyRepairing }: ViewTools): ExplanationView {
  if (known >= n) return { is: 'placed', placed: n, of: n }
  const isBusy = isLooking && people.here().some(({ peer }) => busyRepairing.has(peer))
  return { is: 'placing', placed: known, of: n, wanted: isLooking ? n - known : 0, ...(isBusy && { isBusy }) }
}

/** Tells whether somebody says that it repairs a segment of which fewer than m pieces are left. */
function isRepairedByOthers({ groups, code }: Content, { known }: ContentHealth, repairs: ViewTools['repairs']): boolean {
  if (code === undefined || known >= code.m) return false
  return groups.some(({ segments }) => [...segments.values()].some(({ segmentId }) => repairs.isUnderWay(segmentId)))
}

function progressOf(content: Content, rates: Rates): ProgressView {
  const { id, size, activity, wire, note, sealedBytes } = content
  const isSealing = activity.kind === 'sealing' || (activity.kind === 'idle' && !isSealed(content))
  const share = isSealing ? note.sealedBytes / sealedBytes : wire.done / Math.max(1, wire.total)
  const doneBytes = Math.min(size, Math.round(size * share))
  const bytesPerSecond = note.isPaused ? 0 : Math.round(rates.of(`${activity.kind} ${id}`, doneBytes))
  return {
    kind: isSealing ? 'sealing' : 'storing',
    doneBytes,
    totalBytes: size,
    bytesPerSecond,
    ...(bytesPerSecond > 0 ? { secondsLeft: Math.ceil((size - doneBytes) / bytesPerSecond) } : {}),
    isPaused: note.isPaused,
  }
}

/** Returns the meter of a content with the given health, of which `placing` pieces of the worst segment are on their way. */
function meterOf(code: FileCode | undefined, { known, here }: Pick<Health, 'known' | 'here'>, placing: number): MeterView {
  if (code === undefined) return { value: 0, max: 0, needed: 0, pieces: [] }
  // A piece that was repaired has an index beyond n where the first ones are known still.
  const verified = Math.min(known, code.n)
  return {
    value: verified,
    max: code.n,
    needed: code.k,
    pieces: drawPieces({ verified, reachable: Math.min(here, code.n), placing }, code.n),
  }
}

/** Returns how many pieces of the first segment with the `fewest` that count are promised, or not read back yet: at least one. */
function placingOf({ groups }: Content, fewest: number, counting: Counting): number {
  for (const group of groups) {
    for (const segment of group.segments.values()) {
      if (countedIndices(counting, group, segment).size !== fewest) continue
      return Math.max(1, [...segment.pieceByIndex.values()].filter(({ stage }) => stage !== 'verified').length)
    }
  }
  return 1
}
