import type { Bytes, FreeBytes } from '../../core/bytes.ts'

/** Buffers that were used once and wait for bytes of the same length. */
export interface SpareBuffers {
  /** Returns `length` bytes of any content, a whole buffer. */
  take(length: number): Bytes
  /** Returns a spare of `length` bytes, if there is one. */
  find(length: number): Bytes | undefined
  /** Takes a whole buffer in; parts of one are left alone. Of what there is enough the oldest is freed: the latest is still near the processor. */
  give(bytes: Bytes): void
}

/** What may wait at most in all, and of one length: a wide code's slices, some stripes and records. */
const MOST_BYTES = 32 * 1024 * 1024
const MOST_ALIKE = 4
/** Small ones cost less than looking for them. */
const LEAST_BYTES = 64 * 1024

/**
 * Returns an empty stock; `free` gets what there is too much of. A new large buffer costs a page fault for every page of it, and a dropped
 * one weighs on its thread until the collector comes: in Chromium, after some 64 MiB of them.
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
