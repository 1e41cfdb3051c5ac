import { concatBytes, type Bytes } from '../../core/bytes.ts'
import { HoardError, codeOf } from '../../core/errors.ts'
import { RECORD_SEALED_BYTES } from '../../core/sizes.ts'
import type { Outbox } from '../../ports/outbox.ts'

/** The sealed bytes of one file in the outbox, in parts that are freed one by one. Offsets in sealed bytes of the whole file. */
export interface Spool {
  write(offset: number, bytes: Uint8Array): Promise<void>
  /** Throws HoardError 'storage-damaged' {object: 'spool', offset} when any of it is not here. */
  read(offset: number, length: number): Promise<Bytes>
  /** Returns the end of the bytes that are here without a gap from `from` on, `to` at most. */
  wholeUntil(from: number, to: number): Promise<number>
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
      for (const { part, at, from, to } of partsOf(offset, length)) {
        try {
          pieces.push(await outbox.read(nameOf(part), at, to - from))
        } catch (error) {
          if (codeOf(error) !== 'not-found' && codeOf(error) !== 'storage-damaged') throw error
          throw new HoardError('storage-damaged', { object: 'spool', offset: offset + from }, error)
        }
      }
      return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : concatBytes(...pieces)
    },
    async wholeUntil(from, to) {
      const lengths = new Map((await outbox.list()).map(({ name, length }) => [name, length]))
      for (let part = Math.floor(from / PART_BYTES); part * PART_BYTES < to; part++) {
        const length = lengths.get(nameOf(part)) ?? 0
        if (length < Math.min(PART_BYTES, to - part * PART_BYTES)) return Math.max(from, part * PART_BYTES + length)
      }
      return to
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

/** Returns the id of the file to whose spool the part `name` belongs. */
export function spooledBy(name: string): string {
  return name.slice(0, name.indexOf('.'))
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
