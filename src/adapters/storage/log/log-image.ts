import { sha256 } from '@noble/hashes/sha2.js'
import { equalBytes, utf8, type Bytes } from '../../../core/bytes.ts'
import { HoardError } from '../../../core/errors.ts'
import { findFrame, frameEnd, readFrame, type Frame, type FrameAt } from './log-frames.ts'

/** Bytes before the first frame. */
export const LOG_HEADER_BYTES = 64

/** The header of a log file; it is written last when the file is made, so that a half-made file has none. */
export interface LogHeader {
  /** 16 bytes: the id of the catalog. */
  readonly id: Bytes
  /** Number of times this catalog was rewritten: of two files with the same state the later edition counts. */
  readonly edition: number
  /** The state of the snapshot at the front. */
  readonly generation: number
  /** Number of frames of that snapshot. */
  readonly snapshotFrames: number
}

/** The readable content of a log file. */
export interface LogImage {
  readonly header: LogHeader
  /** Readable frames of the snapshot. */
  readonly snapshot: readonly Frame[]
  /** Readable commits behind the snapshot, by rising generation. */
  readonly commits: readonly Frame[]
  /** The newest readable state. */
  readonly generation: number
  /** No frame of the snapshot and no commit between the readable ones is missing. */
  readonly isWhole: boolean
  /** Offset of the next frame: the bytes after it are a torn tail. */
  readonly end: number
  /** This version of the app may add frames to the file. */
  readonly isCurrent: boolean
}

const MAGIC = utf8('hoardlog')
const VERSION = 2
/** Frames of version 1 are not salted and lie one behind another; the length of each leads to the next. */
const UNSALTED_VERSION = 1
const CHECKSUM_AT = LOG_HEADER_BYTES - 8

/**
 * Returns the header, all numbers big-endian: `'hoardlog' | u32 version | u32 edition | id 16 | u64 generation | u32 snapshot frames |
 * zeros | first 8 bytes of SHA-256 of all before`.
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
 * Reads a log file: the snapshot, then commit by commit, past damaged frames. A frame is written only when the one before it is durable, so
 * a readable frame behind a gap means damage, and a gap with nothing readable behind it is a torn tail.
 * @returns undefined when the header is missing or damaged
 * @throws HoardError 'format-unknown' when a later version of the app wrote it
 */
export function readLog(log: Bytes): LogImage | undefined {
  const found = readLogHeader(log)
  if (!found) return undefined
  const { header, isCurrent } = found
  const snapshot: Frame[] = []
  const commits: Frame[] = []
  let generation = header.generation
  let end = LOG_HEADER_BYTES
  let isContiguous = true
  for (;;) {
    const isSnapshot = snapshot.length < header.snapshotFrames && commits.length === 0
    const next = nextFrame(log, end, isSnapshot ? header.generation - 1 : generation, isCurrent ? header.id : new Uint8Array())
    if (!next) break
    end = next.end
    if (isSnapshot && next.frame.generation === header.generation) snapshot.push(next.frame)
    else {
      isContiguous &&= next.frame.generation === generation + 1
      generation = next.frame.generation
      commits.push(next.frame)
    }
  }
  const isWhole = isContiguous && snapshot.length === header.snapshotFrames
  return { header, snapshot, commits, generation, isWhole, end, isCurrent }
}

function nextFrame(log: Bytes, at: number, above: number, salt: Uint8Array): FrameAt | undefined {
  const found = readFrame(log, at, salt)
  if (found && found.frame.generation > above) return found
  if (salt.length > 0) return findFrame(log, at + 1, above, salt)
  const next = frameEnd(log, at)
  const after = next === undefined ? undefined : readFrame(log, next, salt)
  return after && after.frame.generation > above ? after : undefined
}

function readLogHeader(log: Bytes): { readonly header: LogHeader; readonly isCurrent: boolean } | undefined {
  const bytes = log.subarray(0, LOG_HEADER_BYTES)
  if (bytes.length < LOG_HEADER_BYTES || !equalBytes(bytes.subarray(0, 8), MAGIC)) return undefined
  if (!equalBytes(bytes.subarray(CHECKSUM_AT), checksumOf(bytes))) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, LOG_HEADER_BYTES)
  const version = view.getUint32(8)
  if (version !== VERSION && version !== UNSALTED_VERSION) throw new HoardError('format-unknown', { what: 'catalog', version })
  const header = {
    edition: view.getUint32(12),
    id: bytes.slice(16, 32),
    generation: Number(view.getBigUint64(32)),
    snapshotFrames: view.getUint32(40),
  }
  return { header, isCurrent: version === VERSION }
}

function checksumOf(bytes: Uint8Array): Bytes {
  return new Uint8Array(sha256(bytes.subarray(0, CHECKSUM_AT))).slice(0, 8)
}
