import { utf8Length } from './utf8-length.ts'
import { HoardError } from './errors.ts'
import { shownName } from './file-name.ts'
import { MAX_FILE_BYTES, MAX_FILE_GROUPS, MAX_GROUP_SEGMENTS, RECORD_PLAIN_BYTES, RECORD_SEALED_BYTES } from './sizes.ts'

/** Longest name of a file, in bytes of UTF-8. SPEC FNM4. */
export const MAX_NAME_BYTES = 1024
/** Longest path of the folder that a file lies in, in bytes of UTF-8. SPEC FNM4. */
export const MAX_FOLDER_BYTES = 1024
/** Longest MIME type. It is only a hint, so a longer one is left out. SPEC FNM4. */
export const MAX_TYPE_BYTES = 255

/** The parts of a dropped file that are compared with the limits. */
interface Limited {
  readonly name: string
  readonly path: string
  readonly blob: { readonly size: number }
}

const NAMED_AT_MOST = 3

/**
 * Divides a drop into the files that can be stored and those that no format has room for.
 * @param largest most bytes that one file may have
 * @returns `refusal`, when there are such files: HoardError 'file-refused' {reason: 'name' | 'path' | 'size' of the first one, bytes, most,
 * names: the first three, named: their number, count: the number of all}
 * Source: SPEC.md FNM4.
 */
export function sortDrop<File extends Limited>(
  dropped: readonly File[],
  largest: number = MAX_FILE_BYTES,
): { readonly taken: readonly File[]; readonly refusal: HoardError | undefined } {
  const met = dropped.map((file) => limitMet(file, largest))
  const refused = dropped.filter((_file, at) => met[at] !== undefined)
  const first = met.find((limit) => limit !== undefined)
  if (first === undefined) return { taken: dropped, refusal: undefined }
  const names = refused.slice(0, NAMED_AT_MOST).map(({ name }) => shownName(name))
  const facts = { ...first, names: names.join(', '), named: names.length, count: refused.length }
  return { taken: dropped.filter((_file, at) => met[at] === undefined), refusal: new HoardError('file-refused', facts) }
}

/**
 * Returns the most bytes that one file may have, whichever row of the code it gets: 160 groups of 224 segments hold them and their padding.
 * @param ks the k of every row
 * @param segmentBytes most sealed bytes per segment
 * Source: SPEC.md FNM4, SEG2, SEG7, PAD1.
 */
export function largestFile(ks: readonly number[], segmentBytes: number): number {
  const recordsOf = (k: number): number => Math.floor(segmentBytes / (k * RECORD_SEALED_BYTES)) * k
  const bytes = MAX_FILE_GROUPS * MAX_GROUP_SEGMENTS * Math.min(...ks.map(recordsOf)) * RECORD_PLAIN_BYTES
  const exponent = Math.floor(Math.log2(bytes))
  const step = 2 ** (exponent - Math.floor(Math.log2(exponent)) - 1)
  return Math.min(MAX_FILE_BYTES, Math.floor(bytes / step) * step)
}

/** Returns a MIME type as it is stored. SPEC FNM4. */
export function keptType(type: string): string {
  return utf8Length(type) > MAX_TYPE_BYTES ? '' : type
}

function limitMet({ name, path, blob }: Limited, largest: number) {
  const bytes = { name: utf8Length(name), path: utf8Length(path) }
  if (bytes.name > MAX_NAME_BYTES) return { reason: 'name', bytes: bytes.name, most: MAX_NAME_BYTES } as const
  if (bytes.path > MAX_FOLDER_BYTES) return { reason: 'path', bytes: bytes.path, most: MAX_FOLDER_BYTES } as const
  return blob.size > largest ? ({ reason: 'size', bytes: blob.size, most: largest } as const) : undefined
}
