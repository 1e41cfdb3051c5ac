import { concatBytes, type Bytes } from '../core/bytes.ts'
import { RECORD_SEALED_BYTES } from '../core/sizes.ts'
import type { Outbox } from '../ports/outbox.ts'

/** The sealed bytes of one file in the outbox, in parts that are freed one by one. Offsets in sealed bytes of the whole file. */
export interface Spool {
  write(offset: number, bytes: Uint8Array): Promise<void>
  read(offset: number, length: number): Promise<Bytes>
  /** Frees the parts that lie wholly before `offset`. */
  freeBefore(offset: number): Promise<void>
  /** Frees all. */
  remove(): Promise<void>
}

/** 16 MiB of sealed records: about one segment, so that a window of segments is a window of parts. */
const PART_BYTES = 64 * RECORD_SEALED_BYTES

/** Returns the spool of the file `id`. */
export function openSpool(outbox: Outbox, id: string): Spool {
  const nameOf = (part: number): string => `${id}.${part.toString().padStart(7, '0')}`
  return {
    async write(offset, bytes) {
      for (const { part, at, from, to } of partsOf(offset, bytes.length)) await outbox.write(nameOf(part), at, bytes.subarray(from, to))
    },
    async read(offset, length) {
      const pieces: Bytes[] = []
      for (const { part, at, from, to } of partsOf(offset, length)) pieces.push(await outbox.read(nameOf(part), at, to - from))
      return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : concatBytes(...pieces)
    },
    async freeBefore(offset) {
      for (const { name } of await outbox.list()) {
        if (name.startsWith(`${id}.`) && (Number(name.slice(id.length + 1)) + 1) * PART_BYTES <= offset) await outbox.remove(name)
      }
    },
    async remove() {
      for (const { name } of await outbox.list()) if (name.startsWith(`${id}.`)) await outbox.remove(name)
    },
  }
}

function* partsOf(offset: number, length: number): Generator<{ part: number; at: number; from: number; to: number }> {
  for (let from = 0; from < length;) {
    const part = Math.floor((offset + from) / PART_BYTES)
    const at = offset + from - part * PART_BYTES
    const to = Math.min(length, from + PART_BYTES - at)
    yield { part, at, from, to }
    from = to
  }
}
