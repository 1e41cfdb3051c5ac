import { transfer } from 'comlink'
import type { Bytes } from '../../core/bytes.ts'

/** Marks `bytes`, which nobody else uses, to be moved to the other side: its buffer is detached here. */
export function moved(bytes: Bytes): Bytes {
  return transfer(bytes, [bytes.buffer])
}

/** Marks `bytes` to be moved when they are a whole buffer; of a part of a larger one a copy is moved, so that the rest stays usable. */
export function consumed(bytes: Uint8Array): Bytes {
  return isWhole(bytes) ? moved(bytes) : copied(bytes)
}

/** Marks a copy of `bytes` to be moved: one copy here is cheaper than the two of a structured clone, and the caller keeps its own. */
export function copied(bytes: Uint8Array): Bytes {
  return moved(new Uint8Array(bytes))
}

/** Returns the buffers under `parts`, each once: a list to transfer must not name one twice. */
export function buffersOf(parts: readonly Bytes[]): ArrayBuffer[] {
  return [...new Set(parts.map(({ buffer }) => buffer))]
}

function isWhole(bytes: Uint8Array): bytes is Bytes {
  return bytes.buffer instanceof ArrayBuffer && bytes.byteLength === bytes.buffer.byteLength
}
