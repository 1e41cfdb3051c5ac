import fc from 'fast-check'
import { concatBytes, equalBytes, hex, type Bytes } from '../bytes.ts'
import { codeOf } from '../errors.ts'

/** Returns `value` in the form of the JSON vectors: bytes become hexadecimal text, at any depth. */
export function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return hex(value)
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, plain(field)]))
}

/** Returns the code of the HoardError that `run` throws, 'nothing' when it returns, and any other error itself. */
export function codeThrownBy(run: () => unknown): unknown {
  try {
    run()
    return 'nothing'
  } catch (error) {
    return codeOf(error) ?? error
  }
}

/** Tells whether `run` ends as it must for hostile bytes: with an error that says that the bytes are wrong. */
export function isRefused(run: () => unknown): boolean {
  const code = codeThrownBy(run)
  return code === 'format-invalid' || code === 'format-unknown' || code === 'signature-invalid'
}

/**
 * Draws one edit of `good`, never `good` itself: cut, lengthened, a piece left out, put in, repeated or moved, and bytes changed in
 * `changed` of 100 edits (only such edits reach a signature check, which costs a millisecond).
 */
export function editsOf(good: Uint8Array, changed = 50): fc.Arbitrary<Bytes> {
  const at = fc.nat(good.length - 1)
  const byte = fc.integer({ min: 1, max: 255 })
  const few = fc.uint8Array({ minLength: 1, maxLength: 4 })
  const rest = 100 - changed
  const splice = (from: number, to: number, put: Uint8Array) => concatBytes(good.subarray(0, from), put, good.subarray(to))
  return fc
    .oneof(
      { weight: 5 * changed, arbitrary: fc.tuple(at, byte).map(([place, mask]) => xored(good, place, mask)) },
      { weight: rest, arbitrary: at.map((length) => splice(length, good.length, new Uint8Array())) },
      { weight: rest, arbitrary: few.map((more) => concatBytes(good, more)) },
      {
        weight: rest,
        arbitrary: fc.tuple(at, fc.integer({ min: 1, max: 40 })).map(([from, length]) => splice(from, from + length, new Uint8Array())),
      },
      { weight: rest, arbitrary: fc.tuple(at, few).map(([place, put]) => splice(place, place, put)) },
      {
        weight: rest,
        arbitrary: fc
          .tuple(at, at, fc.integer({ min: 1, max: 40 }))
          .map(([to, from, length]) => splice(to, to, good.subarray(from, from + length))),
      },
    )
    .filter((bad) => !equalBytes(bad, good))
}

function xored(good: Uint8Array, place: number, mask: number): Bytes {
  const bad = new Uint8Array(good)
  bad[place] = (bad[place] ?? 0) ^ mask
  return bad
}
