import { text, where } from '../encoding.ts'
import { utf8Length } from '../utf8-length.ts'

/** Longest name of an entry, in bytes of UTF-8. SPEC VLT12. */
export const MAX_ENTRY_NAME_BYTES = 255

const PRINTABLE = /^[\x20-\x2e\x30-\x7e]+$/
const NEVER = /[\p{Cc}\p{Surrogate}/]|^\ufeff/u
const EACH_NEVER = /[\p{Cc}\p{Surrogate}/]/gu
/** Longest ending that stays whole when a name is cut. */
const MAX_ENDING_BYTES = 24

/** A name as it is stored. */
export const entryName = where(text(MAX_ENTRY_NAME_BYTES), isEntryName, 'not a name')

/**
 * Tells whether `name` may be stored: 1 to 255 bytes in NFC, without controls, surrogates and `/`, no byte order mark first, not `.` or `..`.
 * Source: SPEC.md VLT12.
 */
export function isEntryName(name: string): boolean {
  if (name === '' || name === '.' || name === '..') return false
  if (PRINTABLE.test(name)) return name.length <= MAX_ENTRY_NAME_BYTES
  return !NEVER.test(name) && utf8Length(name) <= MAX_ENTRY_NAME_BYTES && name.normalize('NFC') === name
}

/** Returns the name under which something called `given` is stored: itself where it may be, else the nearest that may. SPEC VLT12. */
export function entryNameOf(given: string): string {
  const clean = given
    .replace(EACH_NEVER, '_')
    .replace(/^\ufeff+/, '')
    .normalize('NFC')
  if (clean === '' || clean === '.' || clean === '..') return '_'.repeat(Math.max(1, clean.length))
  if (utf8Length(clean) <= MAX_ENTRY_NAME_BYTES) return clean
  const dot = clean.lastIndexOf('.')
  const last = dot > 0 ? clean.slice(dot) : ''
  const ending = utf8Length(last) <= MAX_ENDING_BYTES ? last : ''
  let room = MAX_ENTRY_NAME_BYTES - utf8Length(ending)
  let kept = ''
  for (const character of clean.slice(0, clean.length - ending.length)) {
    room -= utf8Length(character)
    if (room < 0) break
    kept += character
  }
  return kept + ending
}

/**
 * Returns the names under which `count` entries of one folder, all called `name`, are shown and exported, the oldest first: it keeps the
 * name, the others are "NAME (2).ext", "NAME (3).ext" and so on, without what others have as their own name.
 * @param isOwn tells whether something in the folder has a name as its own
 * Source: SPEC.md VLT19.
 */
export function distinctNames(name: string, count: number, isOwn: (name: string) => boolean): readonly string[] {
  const shown = [name]
  for (let number = 2; shown.length < count; number++) {
    const next = numbered(name, number)
    if (!isOwn(next)) shown.push(next)
  }
  return shown
}

function numbered(name: string, number: number): string {
  const dot = name.lastIndexOf('.')
  return dot > 0 ? `${name.slice(0, dot)} (${number})${name.slice(dot)}` : `${name} (${number})`
}
