import type { DownloadView } from '../downloads/downloads.ts'
import { sayBytesOf, sayRate, sayTimeLeft } from '../words/figures.ts'
import { saySmallFiles, sayUnderWay, transferWords, type Verb } from '../words/transfer-words.ts'
import type { FileView } from '../../peer/index.ts'
import { sayRow } from '../words/row-words.ts'
import type { Sentences } from '../words/words.ts'

/** One line of the Transfers tray. */
export interface Transfer {
  readonly key: string
  readonly name: string
  /** Chooses the label of its bar and of its buttons. */
  readonly verb: Verb
  readonly fileId: string | undefined
  readonly done: number
  readonly total: number
  readonly bytesPerSecond: number
  readonly secondsLeft: number | undefined
  readonly state: 'running' | 'paused' | 'done' | 'failed'
  readonly says: string
  readonly trouble?: Sentences
}

/** Returns the transfers: files being stored, and downloads of this page. */
export function transfersOf(files: readonly FileView[], downloads: readonly DownloadView[]): readonly Transfer[] {
  return [...ofFiles(files), ...downloads.filter((download) => download.state !== 'cancelled').map(ofDownload)]
}

/** Returns one line for all of them: their rate and the time left of the longest, `3.1 MB/s, 6 min left`. */
export function sumOf(transfers: readonly Transfer[]): string {
  const running = transfers.filter((transfer) => transfer.state === 'running')
  if (running.length === 0) return transfers.every((transfer) => transfer.state === 'done') ? transferWords.allDone : transferWords.paused
  const rate = sayRate(running.reduce((sum, transfer) => sum + transfer.bytesPerSecond, 0))
  const left = Math.max(...running.map((transfer) => transfer.secondsLeft ?? 0))
  return [rate, left > 0 ? sayTimeLeft(left) : ''].filter((text) => text !== '').join(', ') || sayUnderWay(running.length)
}

/** Returns the transfers of files; small files that are stored together are one. */
function ofFiles(files: readonly FileView[]): Transfer[] {
  const packs = new Set<string>()
  return files.flatMap((file) => {
    if (file.pack === undefined) return ofFile(file, file.name)
    if (packs.has(file.pack.id)) return []
    packs.add(file.pack.id)
    return ofFile(file, saySmallFiles(file.pack.files))
  })
}

function ofFile(file: FileView, name: string): Transfer[] {
  const { progress } = file
  if (progress === undefined || progress.kind === 'fetching') return []
  const doing = progress.kind === 'sealing' ? transferWords.encrypting : transferWords.storing
  return [
    {
      key: `store ${file.id}`,
      name,
      verb: transferWords.storing,
      fileId: file.id,
      done: progress.doneBytes,
      total: progress.totalBytes,
      bytesPerSecond: progress.bytesPerSecond,
      secondsLeft: progress.secondsLeft,
      state: progress.isPaused ? 'paused' : 'running',
      // A paused file says the same here and in its row.
      says: progress.isPaused ? sayRow(file) : line(doing, progress.doneBytes, progress.totalBytes, progress),
    },
  ]
}

function ofDownload(download: DownloadView): Transfer {
  const words = {
    opening: transferWords.opening,
    browser: transferWords.browser,
    running: transferWords.fetching,
    paused: transferWords.paused,
    done: transferWords.done,
    cancelled: transferWords.cancelled,
    failed: download.trouble?.what ?? transferWords.failed,
  }[download.state]
  const isMoving = download.state === 'running' || download.state === 'paused'
  const state = download.state === 'done' || download.state === 'failed' || download.state === 'paused' ? download.state : 'running'
  return {
    key: download.key,
    name: download.name,
    verb: transferWords.fetching,
    fileId: undefined,
    done: download.doneBytes,
    total: download.size,
    bytesPerSecond: download.bytesPerSecond,
    secondsLeft: download.secondsLeft,
    state,
    says: isMoving
      ? withLimit(line(words, download.doneBytes, download.size, state === 'running' ? download : undefined), download)
      : words,
    ...(download.trouble === undefined ? {} : { trouble: download.trouble }),
  }
}

/** Adds why it goes no faster, once that has been so for a while. */
function withLimit(says: string, { limit, state }: DownloadView): string {
  return limit === undefined || state !== 'running' ? says : `${says}. ${transferWords.limits[limit]}`
}

function line(
  doing: string,
  done: number,
  total: number,
  pace?: { readonly bytesPerSecond: number; readonly secondsLeft?: number | undefined },
): string {
  const parts = total > 0 ? [doing, sayBytesOf(done, total)] : [doing]
  if (pace !== undefined && pace.bytesPerSecond >= 1) parts.push(sayRate(pace.bytesPerSecond))
  if (pace?.secondsLeft !== undefined) parts.push(sayTimeLeft(pace.secondsLeft))
  return parts.join(', ')
}
