import { isSteady } from '../core/healing/steadiness.ts'
import { gradeOf, type FileCode } from '../core/policy.ts'
import { statusOf } from '../core/status.ts'
import type { AwayView, ExplanationView, FileView, HolderView, ProgressView, MeterView } from './api/file-view.ts'
import type { StatusWord } from '../core/status.ts'
import { personName } from '../core/names.ts'
import { isSealed, isUnsought, type Content } from './storing/content.ts'
import { awayFrom } from './files/file-health.ts'
import { contentHealth, type ContentHealth } from './storing/content-health.ts'
import { drawPieces } from './api/meter.ts'
import { canRead } from './files/open-own-file.ts'
import type { OwnFile } from './files/own-file.ts'
import { countedIndices, isListed, type Counting } from './groups/counted-pieces.ts'
import type { StoreTools } from './groups/owner-tools.ts'
import type { HeardRepairs } from './groups/heard-repairs.ts'
import { isOpenable } from './groups/own-group.ts'
import { askedUntil, isPastTerm } from './groups/own-papers.ts'
import type { PlaceView, TreeViews } from './tree/view-tree.ts'
import type { Rates } from '../flow/rates.ts'
import type { PeerParts } from './api/peer-parts.ts'
import { linkPath } from './links/share-file.ts'
import { isAlike } from './api/alike.ts'
import type { Health } from '../core/health.ts'

/** What the rows are made of. */
export interface ViewTools extends Pick<StoreTools, 'people' | 'known' | 'busyRepairing'> {
  readonly parts: Pick<PeerParts, 'clock' | 'policy'>
  readonly rates: Rates
  readonly repairs: Pick<HeardRepairs, 'isUnderWay'>
}

/** The rows of all files. Between two looks an unchanged row stays the same object, and so does a list of unchanged rows. */
export interface FileViews {
  /** Returns the rows as the screen shows them, newest first. */
  look(files: readonly OwnFile[]): readonly FileView[]
}

interface Row {
  readonly common: ContentView
  readonly pack: PackView
  readonly link: string | undefined
  readonly place: PlaceView
  readonly view: FileView
}

interface Shown {
  readonly common: ContentView
  readonly pack: PackView
}

const alone: PackView = {}

/** Returns the rows before the first look. A content that carries many files is viewed once for all of them. */
export function createFileViews(tools: ViewTools, { placeOf }: Pick<TreeViews, 'placeOf'>): FileViews {
  const shownByContent = new WeakMap<Content, Shown>()
  const rowByFile = new WeakMap<OwnFile, Row>()
  let known: readonly OwnFile[] = []
  let order: readonly OwnFile[] = []
  let views: readonly FileView[] = []

  const showContent = (content: Content, files: number): Shown => {
    const before = shownByContent.get(content)
    const common = viewContent(content, contentHealth(content, tools, tools.parts.clock.now()), tools)
    const pack = files > 1 ? { pack: { id: content.id, files, bytes: content.size } } : alone
    const shown = {
      common: before !== undefined && isAlike(before.common, common) ? before.common : common,
      pack: before !== undefined && before.pack.pack?.files === pack.pack?.files ? before.pack : pack,
    }
    shownByContent.set(content, shown)
    return shown
  }
  const showFile = (file: OwnFile, { common, pack }: Shown): FileView => {
    const link = linkPath(file)
    const place = placeOf(file.id)
    const before = rowByFile.get(file)
    const isSame = before?.common === common && before.pack === pack && before.link === link && before.view.versions === file.versions
    if (isSame && isAlike(before.place, place)) return before.view
    const view = { ...viewFile(file, common, pack, link), ...place }
    rowByFile.set(file, { common, pack, link, place, view })
    return view
  }

  return {
    look(files) {
      if (!isSameList(files, known)) {
        known = files
        order = files.toSorted((a, b) => b.addedAt - a.addedAt || compareNames(a.name, b.name))
      }
      const countByContent = new Map<Content, number>()
      for (const { content } of order) countByContent.set(content, (countByContent.get(content) ?? 0) + 1)
      const shown = new Map([...countByContent].map(([content, count]) => [content, showContent(content, count)]))
      const next = order.flatMap((file) => {
        const carried = shown.get(file.content)
        return carried === undefined ? [] : [showFile(file, carried)]
      })
      if (!isSameList(next, views)) views = next
      return views
    },
  }
}

const { compare: compareNames } = new Intl.Collator('en', { numeric: true })

function isSameList<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((each, at) => each === b[at])
}

/** The part of a row that is the same for every file of one content. */
type ContentView = Omit<
  FileView,
  'id' | 'type' | 'size' | 'addedAt' | 'modifiedAt' | 'versions' | 'linkPath' | 'linkUntil' | 'pack' | keyof PlaceView
>

/** The part about the pack in which the file lies with others; empty for a file by itself. */
type PackView = Pick<FileView, 'pack'>

/** Returns the row of a file; `common` is the part that all files of its content share, `link` the path of its link while it is shared. */
function viewFile(file: OwnFile, common: ContentView, pack: PackView, link: string | undefined): Omit<FileView, keyof PlaceView> {
  const { id, type, size, addedAt, modifiedAt, versions } = file
  const shared = link === undefined ? {} : { linkPath: link, linkUntil: file.link === undefined ? 0 : askedUntil(file.link) }
  return { id, type, size, addedAt, modifiedAt, versions, ...common, ...pack, ...shared }
}

/** Returns the part of the rows that is the same for every file of `content`. */
function viewContent(content: Content, health: ContentHealth, tools: ViewTools): ContentView {
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

/** Returns the rows of the table "Who keeps NAME", by segment and piece. */
export function viewHolders({ groups }: Content, { people, known }: Pick<StoreTools, 'people' | 'known'>): readonly HolderView[] {
  const segments = groups.flatMap(({ roll, segments: own }) =>
    [...own].flatMap(([at, segment]) =>
      at >= 0 ? [roll.keepersOf(segment.segmentId).filter((row) => isListed(known, row, segment))] : [],
    ),
  )
  return segments.flatMap((keepers, segment) =>
    keepers
      .toSorted((a, b) => a.index - b.index)
      .map(({ index, holder }) => {
        const { isNear, seenAt: seenNow, seenBefore } = people.of(holder)
        const seenAt = Math.max(seenNow, seenBefore)
        const seen = seenAt === 0 ? {} : { seenAt }
        return { segment, piece: index, peer: holder, name: personName(holder), isDirect: isNear, isConnected: isNear, ...seen }
      }),
  )
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
