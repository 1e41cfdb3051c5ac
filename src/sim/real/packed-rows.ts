import type { Bytes } from '../../core/bytes.ts'
import { createRemembered } from '../fast/remembered.ts'

/** Rows of a table, by key; a hundred thousand of them are in memory at once. */
export interface PackedRows {
  has(key: string): boolean
  /** Returns the value, which nobody may change; undefined when there is none. */
  get(key: string): Bytes | undefined
  /** Keeps a copy of `value`. */
  put(key: string, value: Uint8Array): void
  /** Tells whether there was a row. */
  delete(key: string): boolean
  keys(): IterableIterator<string>
}

/** Where a value lies. */
interface Place {
  readonly chunk: Bytes
  readonly at: number
  readonly length: number
}

/** Bytes of the first chunk of a table, and of the longest ones. */
const [FIRST_CHUNK_BYTES, MOST_CHUNK_BYTES] = [512, 65_536]
/** Bytes of values that are gone, above which and above those of the others all are packed anew. */
const FEW_BYTES = 4_096
/** Keys that are remembered. */
const MOST_KEYS = 32_768

/**
 * Returns no rows. Values lie one after the other in chunks: an array of its own for each takes 250 bytes more, and the collector's time. The
 * same key is kept once for all tables: the claims on a group are on fifteen disks.
 */
export function createPackedRows(): PackedRows {
  let places = new Map<string, Place>()
  let chunk: Bytes = new Uint8Array()
  let [used, liveBytes, goneBytes] = [0, 0, 0]

  function place(value: Uint8Array): Place {
    const { length } = value
    if (used + length > chunk.length) {
      chunk = new Uint8Array(Math.max(length, Math.min(MOST_CHUNK_BYTES, Math.max(FIRST_CHUNK_BYTES, 2 * chunk.length))))
      used = 0
    }
    chunk.set(value, used)
    used += length
    liveBytes += length
    return { chunk, at: used - length, length }
  }

  function forget(known: Place | undefined): void {
    liveBytes -= known?.length ?? 0
    goneBytes += known?.length ?? 0
  }

  function repack(): void {
    const before = places
    places = new Map()
    chunk = new Uint8Array()
    used = liveBytes = goneBytes = 0
    for (const [key, known] of before) places.set(key, place(valueAt(known)))
  }

  return {
    has: (key) => places.has(key),
    get(key) {
      const known = places.get(key)
      return known && valueAt(known)
    },
    put(key, value) {
      forget(places.get(key))
      places.set(places.has(key) ? key : oneOf(key), place(value))
      if (goneBytes > liveBytes + FEW_BYTES) repack()
    },
    delete(key) {
      forget(places.get(key))
      return places.delete(key)
    },
    keys: () => places.keys(),
  }
}

function valueAt({ chunk, at, length }: Place): Bytes {
  return chunk.subarray(at, at + length)
}

const keys = createRemembered<string>(MOST_KEYS)

/** Returns a key that was used before, if there is the same one. */
function oneOf(key: string): string {
  return keys.get(key) ?? keys.put(key, key)
}
