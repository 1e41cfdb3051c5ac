import type { Bytes } from '../core/bytes.ts'

/** Returns the 4 or 16 bytes of an IP address as Node writes it (`::ffff:a.b.c.d` counts as IPv4), or undefined. */
export function addressBytes(text: string): Bytes | undefined {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(text)?.[1]
  if (!text.includes(':') || mapped !== undefined) return quad(mapped ?? text)
  const [head = '', tail, ...more] = (text.split('%')[0] ?? '').split('::')
  if (more.length > 0) return undefined
  const left = words(head)
  const right = words(tail ?? '')
  const missing = 8 - left.length - right.length
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined
  const all = [...left, ...Array.from({ length: Math.max(0, missing) }, () => 0), ...right]
  if (all.length !== 8 || all.some((word) => !(word >= 0 && word <= 0xffff))) return undefined
  return Uint8Array.from(all.flatMap((word) => [word >> 8, word & 0xff]))
}

function quad(text: string): Bytes | undefined {
  const parts = text.split('.').map((part) => (/^\d{1,3}$/.test(part) ? Number(part) : Number.NaN))
  return parts.length === 4 && parts.every((part) => part <= 255) ? Uint8Array.from(parts) : undefined
}

function words(text: string): readonly number[] {
  return text === '' ? [] : text.split(':').map((word) => (/^[0-9a-f]{1,4}$/i.test(word) ? parseInt(word, 16) : Number.NaN))
}
