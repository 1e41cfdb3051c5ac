import { readFile } from 'node:fs/promises'
import { HoardError, codeOf } from '../../core/errors.ts'

/**
 * Returns the result of `parse` for the JSON file at `path`.
 * @throws HoardError 'policy-invalid' {what} with the file, and the line and column where it stops being JSON; the system's errors
 */
export async function readJsonFile<T>(path: string, parse: (text: string) => T): Promise<T> {
  return parseJsonOf(path, await readFile(path, 'utf8'), parse)
}

/** Like `readJsonFile`, for a text that came from `place`. */
export function parseJsonOf<T>(place: string, text: string, parse: (text: string) => T): T {
  const at = findJsonError(text)
  if (at !== undefined) {
    const before = text.slice(0, at).split('\n')
    const found = at >= text.length ? 'it ends too early' : `there is ${JSON.stringify(text[at])}`
    throw invalid(`${place} is not JSON: in line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}, ${found}`)
  }
  try {
    return parse(text)
  } catch (error) {
    if (codeOf(error) !== 'policy-invalid' || !(error instanceof HoardError)) throw error
    throw invalid(`${place} cannot be used: ${sayWhat(error)}`)
  }
}

function sayWhat({ facts }: HoardError): string {
  const { what, key, reason } = facts
  return typeof what === 'string' ? what.replace(/^network\.json: /, '') : `${String(key)}, ${String(reason)}`
}

function invalid(what: string): HoardError {
  return new HoardError('policy-invalid', { what })
}

// oxlint-disable-next-line no-control-regex -- JSON allows none in a text
const string = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y
const scalar = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const space = /[ \t\n\r]*/y

/** Returns the offset at which `text` stops being JSON, which JSON.parse does not always report; undefined when all of it is JSON. */
export function findJsonError(text: string): number | undefined {
  let at = 0
  /** The closing signs of the lists and maps that are open. */
  const open: string[] = []
  const take = (pattern: RegExp): boolean => {
    pattern.lastIndex = at
    const [found] = pattern.exec(text) ?? []
    at += found?.length ?? 0
    return found !== undefined && found !== ''
  }
  const takeSign = (sign: string): boolean => {
    take(space)
    if (text[at] !== sign) return false
    at++
    return true
  }
  const takeKey = (): boolean => {
    take(space)
    return take(string) && takeSign(':')
  }
  for (;;) {
    take(space)
    if (takeSign('{')) {
      if (!takeSign('}')) {
        open.push('}')
        if (!takeKey()) return at
        continue
      }
    } else if (takeSign('[')) {
      if (!takeSign(']')) {
        open.push(']')
        continue
      }
    } else if (!take(string) && !take(scalar)) return at
    // A value has ended: close the lists and maps that end with it, or go on with the next item.
    while (open.length > 0 && takeSign(open.at(-1) ?? '')) open.pop()
    const [closing] = open.slice(-1)
    if (closing === undefined) {
      take(space)
      return at === text.length ? undefined : at
    }
    if (!takeSign(',') || (closing === '}' && !takeKey())) return at
  }
}
