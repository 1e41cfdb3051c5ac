import type { Bytes } from '../../core/bytes.ts'

/** Buffers that were used once and wait for bytes of the same length: a new one costs the system a fault for every page of it. */
export interface SpareBuffers {
  /** Returns `length` bytes of any content, a whole buffer. */
  take(length: number): Bytes
  /** Takes a whole buffer in; parts of one are left alone. */
  give(bytes: Bytes): void
}

/** What may wait at most: a wide code's slices, and some records. */
const MOST_BYTES = 24 * 1024 * 1024
/** Small ones cost less than looking for them. */
const LEAST_BYTES = 64 * 1024

/** Returns an empty stock; the oldest buffers go when it holds more than 24 MiB. */
export function createSpareBuffers(): SpareBuffers {
  const spares: Bytes[] = []
  let held = 0
  return {
    take(length) {
      const at = spares.findLastIndex((spare) => spare.length === length)
      if (at < 0) return new Uint8Array(length)
      held -= length
      return spares.splice(at, 1)[0] ?? new Uint8Array(length)
    },
    give(bytes) {
      const isWhole = bytes.byteLength === bytes.buffer.byteLength
      if (!isWhole || bytes.length < LEAST_BYTES || bytes.length > MOST_BYTES) return
      spares.push(bytes)
      held += bytes.length
      while (held > MOST_BYTES) held -= spares.shift()?.length ?? 0
    },
  }
}
