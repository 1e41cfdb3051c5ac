import type { Bytes, FreeBytes } from '../../core/bytes.ts'

/** Used buffers that wait for bytes of the same length. */
export interface SpareBuffers {
  /** Returns `length` bytes of any content, a whole buffer. */
  take(length: number): Bytes
  /** Returns a spare of `length` bytes, if there is one. */
  find(length: number): Bytes | undefined
  /**
   * Takes in a whole buffer; parts of one are left alone. When there are too many, the oldest is freed: the latest is still in the
   * processor's cache.
   */
  give(bytes: Bytes): void
}

/** Most bytes that may wait in all, and most buffers of one length: a wide code's slices, some stripes and records. */
const MOST_BYTES = 32 * 1024 * 1024
const MOST_ALIKE = 4
/** Shortest buffer that is kept: to find a smaller one would cost more than to make it. */
const LEAST_BYTES = 64 * 1024

/**
 * Returns an empty stock; `free` gets the surplus. A new large buffer costs a page fault for each of its pages, and a dropped one occupies
 * its thread's memory until the collector runs: in Chromium, after some 64 MiB of them.
 */
export function createSpareBuffers(free: FreeBytes = () => undefined): SpareBuffers {
  const spares: Bytes[] = []
  let held = 0

  function drop(at: number): void {
    for (const bytes of spares.splice(at, 1)) {
      held -= bytes.length
      free(bytes)
    }
  }

  function find(length: number): Bytes | undefined {
    const at = spares.findLastIndex((spare) => spare.length === length)
    if (at < 0) return undefined
    held -= length
    return spares.splice(at, 1)[0]
  }

  return {
    find,
    take: (length) => find(length) ?? new Uint8Array(length),
    give(bytes) {
      const isWhole = bytes.byteLength === bytes.buffer.byteLength
      if (!isWhole || bytes.length < LEAST_BYTES) return
      if (bytes.length > MOST_BYTES) return free(bytes)
      const alike = spares.filter(({ length }) => length === bytes.length).length
      if (alike >= MOST_ALIKE) drop(spares.findIndex(({ length }) => length === bytes.length))
      spares.push(bytes)
      held += bytes.length
      while (held > MOST_BYTES) drop(0)
    },
  }
}
