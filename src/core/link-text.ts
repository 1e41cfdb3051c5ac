import { HoardError } from './errors.ts'
import { LINK_FRAGMENT_CHARACTERS, parseLinkFragment, type LinkTarget } from './link.ts'

/** Longest part of a text, in characters, in which a link is looked for; the rest is not read. SPEC LNK7. */
export const MAX_LINK_TEXT = 16_384

/** Most times a text is decoded: once for every program that may have encoded it. */
const DECODINGS = 5
/** Version 1 in base64url: six zero bits, then 01 and the first four bits of the group id. */
const START = /A(?=[Q-Za-f])/g
/** Endings that programs which mark links leave out. */
const LOST_ENDINGS = ['', '-', '_', '--', '-_', '_-', '__']

/**
 * Returns the target of the first whole link in `text`, which may be an address, a message around one, or one that a mail program or chat
 * changed. Only the checksum makes a text a link, so no other text is ever taken for one.
 * @throws HoardError 'link-malformed' {reason: 'no key' | 'cut' | 'changed'} | 'format-unknown' (a link of a newer app)
 * Source: SPEC.md LNK7.
 */
export function readLink(text: string): LinkTarget {
  const readings = readingsOf(text.slice(0, MAX_LINK_TEXT))
  for (const reading of readings) {
    const target = findTarget(reading)
    if (target !== undefined) return target
  }
  const keys = readings.map(longestKey)
  for (const key of keys) throwUnlessMalformed(key)
  const length = Math.max(...keys.map((key) => key.length))
  throw new HoardError('link-malformed', { reason: length < 8 ? 'no key' : length < LINK_FRAGMENT_CHARACTERS ? 'cut' : 'changed' })
}

/** Returns every way in which `text` can be read: decoded up to five times, each time without the characters that programs put into it. */
function readingsOf(text: string): readonly string[] {
  const readings = new Set<string>()
  let decoded = text
  for (let times = 0; times <= DECODINGS; times++) {
    const joined = joinLines(decoded)
    readings.add(joined.replace(/[‐‑‒–−]/g, '-').replaceAll('—', '--'))
    readings.add(joined.replace(/[–—]/g, '--'))
    readings.add(joined.replace(/-([0-9A-F]{2})/gi, (_all, digits: string) => String.fromCharCode(parseInt(digits, 16))))
    const next = withoutPercents(withoutEntities(decoded))
    if (next === decoded) break
    decoded = next
  }
  return [...readings]
}

/** Takes out line ends with the quotation marks of a reply, spaces, characters without width, and backslashes before others. */
function joinLines(text: string): string {
  return text
    .replace(/=?\r?\n[\s>|]*/g, '')
    .normalize('NFKC')
    .replace(/[\s\p{Cf}\p{Cc}\\]+/gu, '')
}

function withoutPercents(text: string): string {
  return text.replace(/(?:%[0-9A-F]{2})+/gi, (encoded) => {
    try {
      return decodeURIComponent(encoded)
    } catch {
      // Not UTF-8. A link consists of ASCII: decode that and leave the rest.
      return encoded.replace(/%([0-7][0-9A-F])/gi, (_all, digits: string) => String.fromCharCode(parseInt(digits, 16)))
    }
  })
}

function withoutEntities(text: string): string {
  return text
    .replace(/&(amp|num|lowbar|hyphen|dash);/g, (_all, name: string) => ({ amp: '&', num: '#', lowbar: '_' })[name] ?? '-')
    .replace(/&#(?:x([0-9a-f]{1,4})|(\d{1,5}));/gi, (_all, hexadecimal: string | undefined, decimal: string | undefined) =>
      String.fromCharCode(hexadecimal === undefined ? Number(decimal) : parseInt(hexadecimal, 16)),
    )
}

function findTarget(reading: string): LinkTarget | undefined {
  for (const { index } of reading.matchAll(START)) {
    for (const ending of LOST_ENDINGS) {
      const candidate = reading.slice(index, index + LINK_FRAGMENT_CHARACTERS - ending.length) + ending
      if (candidate.length !== LINK_FRAGMENT_CHARACTERS || /[^\w-]/.test(candidate)) continue
      try {
        return parseLinkFragment(candidate)
      } catch {
        // The checksum differs: try the next one.
      }
    }
  }
  return undefined
}

/** Returns the longest text where the key of a link would stand: behind the first `#`, or anywhere when there is none. */
function longestKey(reading: string): string {
  const behind = reading.slice(reading.indexOf('#') + 1)
  const runs = behind.match(/[\w-]+/g) ?? []
  return runs.reduce((longest, run) => (run.length > longest.length ? run : longest), '')
}

function throwUnlessMalformed(key: string): void {
  try {
    parseLinkFragment(key)
  } catch (error) {
    if (error instanceof HoardError && error.code === 'format-unknown') throw error
  }
}
