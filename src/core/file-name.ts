import { utf8Length } from './utf8-length.ts'

/** Letters, marks and numbers that are written from right to left. */
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u
/**
 * Explicit formatting characters of UAX 9: they change the order in which text is shown, so that `gpj.exe` seems to have another ending.
 */
const BIDI_CONTROLS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu
/** More marks over one letter cover the lines around it; no script needs more than four. */
const MARKS = /(\p{M}{4})\p{M}+/gu
/** Characters that nobody sees: soft hyphen, zero widths but the two that join letters and emoji, fillers, invisible operators, tags. */
const UNSEEN =
  /\u00ad|\u034f|[\u115f\u1160]|[\u17b4\u17b5]|[\u180b-\u180f]|\u200b|[\u2060-\u2065\u206a-\u206f]|[\u2800\u3164\ufeff\uffa0\ufff0-\ufffb]|[\u{e0000}-\u{e0fff}]/gu
/** Line ends, tabs and the other controls, and every kind of space. */
const GAPS = /[\p{Cc}\p{Zl}\p{Zp}\p{Zs}]+/gu
/** Characters that some system reads as a path, a stream of a file, a pattern or a device. */
const NOT_IN_FILE_NAMES = /[/\\:*?"<>|]/g
/** Windows opens a device under these names, whatever ending follows. */
const DEVICES = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$|clock\$)(?=\s*(?:\.|$))/i
/** Most file systems take 255 bytes; browsers add a number and an ending of their own. */
const MAX_SAVED_BYTES = 200
const MAX_ENDING_BYTES = 24
/** Most characters of a name on a screen; one from a link may have 4,096 bytes. */
const MAX_SHOWN = 255
const SHOWN_ENDING = 24
const UNNAMED = 'Unnamed file'

/**
 * Returns `name` as a screen may show it, safe even when a stranger made it: in the order in which it is stored, on one line, without
 * characters that nobody sees, at most 255 characters long with the ending kept. A name of nothing else is "Unnamed file".
 * Source: SPEC.md FNM1; Unicode UAX 9 and TR 36.
 */
export function shownName(name: string): string {
  const whole = name
    .replace(/\p{Surrogate}/gu, '\ufffd')
    .replace(BIDI_CONTROLS, '')
    .replace(UNSEEN, '')
  const shown = whole.replace(GAPS, ' ').replace(MARKS, '$1').trim()
  if (!/[^\u200c\u200d\p{Mn}]/u.test(shown)) return UNNAMED
  const characters = Array.from(shown)
  if (characters.length <= MAX_SHOWN) return shown
  return `${characters.slice(0, MAX_SHOWN - 1 - SHOWN_ENDING).join('')}…${characters.slice(-SHOWN_ENDING).join('')}`
}

/** Returns the path of a folder as a screen may show it, '' for the top. SPEC FNM1. */
export function shownFolder(path: string): string {
  return path === '' ? '' : path.split('/').map(shownName).join('/')
}

/**
 * Returns `name` as a file may be called on every system: what is shown, without separators of paths, dots and spaces at its end, and
 * names of devices, at most 200 bytes long with the ending kept.
 * Source: SPEC.md FNM2.
 */
export function savedName(name: string): string {
  const plain = shownName(name)
    .replace(NOT_IN_FILE_NAMES, '_')
    .replace(/[. ]+$/, '')
  const kept = shorten(plain === '' ? UNNAMED : plain)
  return DEVICES.test(kept) ? `_${kept}` : kept
}

/** Returns `name` for use inside a sentence: a name with right-to-left letters is isolated from the words around it. SPEC FNM1. */
export function isolated(name: string): string {
  return RIGHT_TO_LEFT.test(name) ? `\u2068${name}\u2069` : name
}

/** Returns the form in which names are compared: it leaves out case, accents and the ways to encode an accent. SPEC FNM3. */
export function foldedName(name: string): string {
  // Capitals first: they join letters that differ only in their small forms, such as ß and ss.
  const unaccented = name.normalize('NFKD').replace(/[\u0300-\u036f]/g, '')
  return unaccented.toUpperCase().toLowerCase().normalize('NFC')
}

function shorten(name: string): string {
  if (utf8Length(name) <= MAX_SAVED_BYTES) return name
  const dot = name.lastIndexOf('.')
  const last = dot > 0 ? name.slice(dot) : ''
  const ending = utf8Length(last) > MAX_ENDING_BYTES ? '' : last
  const room = MAX_SAVED_BYTES - utf8Length(ending)
  let kept = ''
  let bytes = 0
  for (const { segment } of graphemes(name.slice(0, name.length - ending.length))) {
    bytes += utf8Length(segment)
    if (bytes > room) break
    kept += segment
  }
  return kept.replace(/[. ]+$/, '') + ending
}

/** A cut inside a grapheme would change the last letter, or leave half of it. */
function graphemes(text: string): Iterable<{ readonly segment: string }> {
  return new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text)
}
