import { sha256 } from '@noble/hashes/sha2.js'
import { equalBytes, utf8, type Bytes } from '../../core/bytes.ts'
import { HoardError } from '../../core/errors.ts'
import { createCatalogTables, type CatalogTables } from './catalog-tables.ts'
import { frameEnd, readFrame } from './log-frames.ts'

/** Bytes before the first frame. */
export const LOG_HEADER_BYTES = 64

/** What a log file says of itself; written last when the file is made, so that a half-made one has none. */
export interface LogHeader {
  /** 16 bytes: the catalog's. */
  readonly id: Bytes
  /** Number of times this catalog was rewritten: of two files of the same state the later one counts. */
  readonly edition: number
  /** State that the snapshot at the front holds. */
  readonly generation: number
  /** Frames of that snapshot. */
  readonly snapshotFrames: number
}

/** A log file as far as it could be read. */
export interface LogImage {
  readonly header: LogHeader
  readonly tables: CatalogTables
  readonly generation: number
  /** Where the next frame goes: what stands after it is a torn tail. */
  readonly end: number
  /** Whether frames before that were damaged and left out. */
  readonly isDamaged: boolean
}

const MAGIC = utf8('hoardlog')
const VERSION = 1
const CHECKSUM_AT = LOG_HEADER_BYTES - 8

/**
 * Returns the header, all numbers big-endian: `'hoardlog' | u32 version | u32 edition | id 16 | u64 generation | u32 snapshot frames | zeros |
 * first 8 bytes of SHA-256 of all before`.
 */
export function encodeLogHeader({ id, edition, generation, snapshotFrames }: LogHeader): Bytes {
  const bytes = new Uint8Array(LOG_HEADER_BYTES)
  const view = new DataView(bytes.buffer)
  bytes.set(MAGIC)
  view.setUint32(8, VERSION)
  view.setUint32(12, edition)
  bytes.set(id, 16)
  view.setBigUint64(32, BigInt(generation))
  view.setUint32(40, snapshotFrames)
  bytes.set(checksumOf(bytes), CHECKSUM_AT)
  return bytes
}

/**
 * Reads a log file: the snapshot, then commit by commit. A frame that is damaged in the middle is left out; the first one that cannot be
 * stepped over ends the log.
 * @returns undefined when the header is not there or damaged
 * @throws HoardError 'format-unknown' when a later version of the app wrote it
 */
export function readLog(log: Bytes): LogImage | undefined {
  const header = readLogHeader(log)
  if (!header) return undefined
  const tables = createCatalogTables()
  let generation = header.generation
  let end = LOG_HEADER_BYTES
  let isDamaged = false
  for (let frames = 0; ; frames++) {
    const isSnapshot = frames < header.snapshotFrames
    const found = readFrame(log, end)
    const fits = found && (isSnapshot ? found.frame.generation === header.generation : found.frame.generation > generation)
    if (fits) {
      isDamaged ||= !isSnapshot && found.frame.generation !== generation + 1
      generation = found.frame.generation
      tables.apply(found.frame.changes)
      end = found.end
      continue
    }
    const next = frameEnd(log, end)
    const after = next === undefined ? undefined : readFrame(log, next)
    if (next === undefined || !after || after.frame.generation < generation) {
      return { header, tables, generation, end, isDamaged: isDamaged || isSnapshot }
    }
    isDamaged = true
    end = next
  }
}

function readLogHeader(log: Bytes): LogHeader | undefined {
  const bytes = log.subarray(0, LOG_HEADER_BYTES)
  if (bytes.length < LOG_HEADER_BYTES || !equalBytes(bytes.subarray(0, 8), MAGIC)) return undefined
  if (!equalBytes(bytes.subarray(CHECKSUM_AT), checksumOf(bytes))) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, LOG_HEADER_BYTES)
  if (view.getUint32(8) !== VERSION) throw new HoardError('format-unknown', { what: 'catalog', version: view.getUint32(8) })
  return {
    edition: view.getUint32(12),
    id: bytes.slice(16, 32),
    generation: Number(view.getBigUint64(32)),
    snapshotFrames: view.getUint32(40),
  }
}

function checksumOf(bytes: Uint8Array): Bytes {
  return new Uint8Array(sha256(bytes.subarray(0, CHECKSUM_AT))).slice(0, 8)
}
