import { gradeOf } from '../core/policy.ts'
import { statusOf } from '../core/status.ts'
import type { ExplanationView, FileView, KeeperView, ProgressView, StatusWord } from './api.ts'
import { personName } from '../core/names.ts'
import { isSealed, type Carrier } from './carrier.ts'
import type { FileHealth } from './file-health.ts'
import { meterOf } from './meter.ts'
import type { OwnFile } from './own-file.ts'
import { isOpenable } from './own-group.ts'
import type { People } from './people.ts'
import type { Rates } from './rates.ts'

/** What is said of every file that one carrier carries. */
export type CarrierView = Omit<FileView, 'id' | 'name' | 'type' | 'size' | 'addedAt' | 'folder' | 'linkPath' | 'linkUntil' | 'pack'>

/** What is said of a file that lies in a pack with others. */
export type PackView = Pick<FileView, 'pack'>

/** Returns the row of a file, by what is `common` to all that lie with it, and the path of its link while it is shared. */
export function viewFile(file: OwnFile, common: CarrierView, pack: PackView, link: string | undefined): FileView {
  const { id, shown, type, size, addedAt } = file
  return {
    id,
    ...shown,
    type,
    size,
    addedAt,
    ...common,
    ...pack,
    ...(link === undefined ? {} : { linkPath: link, linkUntil: file.link?.note.until ?? 0 }),
  }
}

/** Returns what is true of every file that `carrier` carries. */
export function viewCarrier(carrier: Carrier, health: FileHealth, rates: Rates): CarrierView {
  const { code, activity, note, groups, blob } = carrier
  const segments = groups.flatMap(({ segments: own }) => [...own.values()])
  const isPlacing = activity.kind === 'placing'
  const isTransferring = isPlacing || activity.kind === 'sealing'
  const { here: reachable, known: verified } = health
  const isShareable = groups.length > 0 && groups.every(isOpenable)
  const isDecided = code !== undefined
  const hasLocalCopy = note.hasOutbox && isSealed(carrier)
  // What is not yet placed lies here, sealed or as it was dropped, and more people would not change that.
  const isHereWhole = hasLocalCopy || (blob !== undefined && !note.isStored)
  const status = statusOf({
    hasLocalCopy: isHereWhole,
    // What waits to be dropped again is neither here nor with others: its store is not over.
    isTransferring: isTransferring || (!note.isStored && !isHereWhole),
    isRepairing: false,
    reachable,
    known: verified,
    knowsEverybody: true,
    verified,
    isReadBack: note.isStored,
    k: code?.k ?? 0,
    m: code?.m ?? 0,
    n: isDecided ? code.n : 0,
    grade: isDecided ? gradeOf(code.k, code.n) : 'Fragile',
  })
  const progress = isTransferring || (note.isPaused && !note.isStored) ? progressOf(carrier, rates) : undefined
  return {
    status,
    explanation: explain(carrier, status, health),
    meter: meterOf(segments, code, health, isPlacing),
    health: { ...health, needed: code?.k ?? 0, wanted: code?.m ?? 0 },
    ...(progress === undefined ? {} : { progress }),
    ...(isShareable ? { keptUntil: Math.min(...groups.map((group) => group.note.until)) } : {}),
    canShare: isShareable,
    canDownload: isShareable || hasLocalCopy,
    hasLocalCopy,
    needsOriginal: blob !== undefined && !isSealed(carrier),
    isPaused: note.isPaused,
  }
}

/** A margin up to this is said beside the word. SPEC HTH4. */
const THIN_MARGIN = 1

/** Returns what is said beside the word: of a stored content who is there, of any other what goes on. */
function explain({ code, note, activity }: Carrier, status: StatusWord, health: FileHealth): ExplanationView {
  const { here, margin, isChecking } = health
  if (code === undefined) return activity.explanation
  if (status === 'Waiting for people') return { is: 'waiting', reachable: here, needed: code.k }
  const isQuiet = activity.explanation.is === 'none' || activity.explanation.is === 'placed'
  const isWithPeople = note.isStored && status !== 'Cannot be rebuilt'
  if (!isWithPeople || !isQuiet) return activity.explanation
  if (isChecking) return { is: 'checking' }
  return margin <= THIN_MARGIN ? { is: 'thin', here, of: code.n, needed: code.k, margin } : activity.explanation
}

/** Returns the rows of the table "Who keeps NAME", by segment and piece. */
export function viewKeepers({ groups }: Carrier, people: People): readonly KeeperView[] {
  const segments = groups.flatMap(({ segments: own }) => [...own].filter(([place]) => place >= 0).map(([, segment]) => segment))
  return segments.flatMap(({ pieceByIndex }, segment) =>
    [...pieceByIndex.values()]
      .filter(({ stage }) => stage !== 'assigned')
      .sort((a, b) => a.index - b.index)
      .map(({ index, holder }) => {
        const { isHere, seenAt: seenNow, seenBefore } = people.of(holder)
        const seenAt = Math.max(seenNow, seenBefore)
        const seen = seenAt === 0 ? {} : { seenAt }
        return { segment, piece: index, peer: holder, name: personName(holder), isDirect: isHere, isConnected: isHere, ...seen }
      }),
  )
}

function progressOf(carrier: Carrier, rates: Rates): ProgressView {
  const { id, size, activity, wire, note, sealedBytes } = carrier
  const isSealing = activity.kind === 'sealing' || (activity.kind === 'idle' && !isSealed(carrier))
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
