import { brandBytes, type FileKey } from '../../../src/core/ids.ts'
import type { SealJob } from '../../../src/ports/coder.ts'

/** A code: k of n slices rebuild a stripe. */
export interface Code {
  readonly k: number
  readonly n: number
}

export const sealJob: SealJob = {
  fileKey: brandBytes<FileKey>(new Uint8Array(32).fill(7)),
  kind: 0,
  r: new Uint8Array(),
  firstRecord: 0,
  isEnd: false,
}

/** Returns bytes without a pattern. */
export function noise(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536))
  return bytes
}

/** Returns from, from + 1 ... below to. */
export function numbers(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from }, (_, at) => from + at)
}
