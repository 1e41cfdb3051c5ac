import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A secret that must not lie anywhere. */
export interface Secret {
  readonly what: string
  readonly bytes: Uint8Array
}

/** The place where a secret was found, and its form there. */
export interface Find {
  readonly what: string
  readonly form: string
  readonly path: string
}

/** Shortest secret that is searched for: a shorter one occurs in any file by chance. */
const LEAST_BYTES = 8

/** Searches every file below `folder` for every secret: raw, hexadecimal, both base64s at every alignment, and all of it as UTF-16. */
export async function scanFor(
  folder: string,
  secrets: readonly Secret[],
): Promise<{ readonly finds: readonly Find[]; readonly files: number }> {
  const needles = secrets.flatMap(formsOf)
  const finds: Find[] = []
  let files = 0
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    const content = await readFile(path).catch(() => undefined)
    if (content === undefined) continue
    files += 1
    for (const { what, form, needle } of needles) {
      if (content.includes(needle) || Buffer.from(entry.name).includes(needle)) finds.push({ what, form, path })
    }
  }
  return { finds, files }
}

function formsOf({ what, bytes }: Secret): { what: string; form: string; needle: Buffer }[] {
  const raw = Buffer.from(bytes)
  const texts = { hex: raw.toString('hex'), HEX: raw.toString('hex').toUpperCase(), ...base64Forms(raw) }
  const written = Object.entries(texts).flatMap(([form, text]) => [
    { form, needle: Buffer.from(text) },
    { form: `${form}, UTF-16`, needle: Buffer.from(text, 'utf16le') },
  ])
  const all = [{ form: 'raw', needle: raw }, { form: 'UTF-16', needle: Buffer.from(raw.toString('utf8'), 'utf16le') }, ...written]
  return all.filter(({ needle }) => needle.length >= LEAST_BYTES).map(({ form, needle }) => ({ what, form, needle }))
}

/**
 * Returns the base64 forms of a secret. Base64 packs three bytes into four letters, so the bytes before it change its letters; only whole
 * letters of the secret count.
 */
function base64Forms(raw: Buffer): Record<string, string> {
  const forms: Record<string, string> = {}
  for (const before of [0, 1, 2]) {
    const padded = Buffer.concat([Buffer.alloc(before), raw])
    const letters = padded.toString('base64url').slice(before === 0 ? 0 : before + 1, Math.floor((padded.length * 8) / 6))
    forms[`base64url ${before}`] = letters
    forms[`base64 ${before}`] = letters.replaceAll('-', '+').replaceAll('_', '/')
  }
  return forms
}
