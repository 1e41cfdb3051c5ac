import { equalBytes } from '../../core/bytes.ts'
import type { MemoryFiles } from './memory-files.ts'

/** Returns the path and offset of `bytes`. */
export function indexOf(files: MemoryFiles, bytes: Uint8Array): readonly [string, number] {
  for (const path of files.paths()) {
    const content = files.contentOf(path)
    for (let at = 0; at + bytes.length <= content.length; at++)
      if (equalBytes(content.subarray(at, at + bytes.length), bytes)) return [path, at]
  }
  throw new RangeError('not on disk')
}

/** Flips two bits of one byte. */
export function flip(files: MemoryFiles, [path, at]: readonly [string, number]): void {
  const content = files.contentOf(path)
  content[at] = (content[at] ?? 0) ^ 0x11
}
