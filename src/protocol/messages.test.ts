import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concatBytes, equalBytes, fromHex, hex, type Bytes } from '../core/bytes.ts'
import { codeThrownBy, editsOf, isRefused } from '../core/vectors/hostile-bytes.rig.ts'
import { groupAnswers } from './group.ts'
import { CONTROL_BYTES } from './limits.ts'
import { messageSamples } from './message-samples.rig.ts'

const samples = messageSamples()

describe('messages', () => {
  it.each(samples)('[WIR4] $name lies on the wire as the specification says', ({ encoded, onWire, recode }) => {
    expect(hex(encoded)).toBe(onWire)
    expect(hex(recode(fromHex(onWire)))).toBe(onWire)
  })

  it.each(samples)('[WIR4] $name, changed by a stranger, is refused or is another message', ({ encoded, recode }) => {
    fc.assert(
      fc.property(editsOf(encoded), (edited) => isRefused(() => recode(edited)) || equalBytes(recode(edited), edited)),
      { numRuns: 300 },
    )
  })

  it.each(samples)('[WIR4] $name in any other encoding of the same values is refused', ({ encoded, recode }) => {
    const others = otherEncodings(encoded)
    expect(others.length).toBeGreaterThan(4)
    for (const other of others) expect([hex(other), codeThrownBy(() => recode(other))]).toEqual([hex(other), 'format-invalid'])
  })

  it('[WIR4] any bytes at all are refused with an error that says so, or are a message', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.constantFrom(...samples), fc.boolean(), (drawn, { recode }, isVersioned) => {
        const bytes = isVersioned ? concatBytes(Uint8Array.of(1, 0xa2, 1), drawn) : new Uint8Array(drawn)
        return isRefused(() => recode(bytes)) || equalBytes(recode(bytes), bytes)
      }),
      { numRuns: 2000 },
    )
  })

  it('[WIR3] a message of more than 64 KiB is neither read nor written', () => {
    const claims = (count: number, length: number) => ({ is: 'page', claims: Array<Bytes>(count).fill(new Uint8Array(length)) }) as const
    expect(groupAnswers.encode(claims(3, 20_480)).length).toBeLessThan(CONTROL_BYTES)
    expect(codeThrownBy(() => groupAnswers.encode(claims(4, 20_480)))).toBe('format-invalid')
    for (const { recode } of samples) expect(codeThrownBy(() => recode(longList(CONTROL_BYTES + 1)))).toBe('format-invalid')
  })

  it('[WIR4] a kind of another conversation, or of none, is refused', () => {
    for (const { name, recode } of samples)
      for (const kind of [0, 10, 23])
        expect([name, codeThrownBy(() => recode(Uint8Array.of(1, 0xa1, 1, kind)))]).toEqual([name, 'format-invalid'])
  })
})

/** A list of zeros, `length` bytes with the version byte. */
function longList(length: number): Bytes {
  const count = length - 6
  return concatBytes(Uint8Array.of(1, 0x9a, count >>> 24, (count >>> 16) & 255, (count >>> 8) & 255, count & 255), new Uint8Array(count))
}

/** One item of CBOR, read naively. */
interface Item {
  readonly major: number
  readonly argument: number
  readonly text: Uint8Array
  readonly items: readonly Item[]
}

/** Returns the message in every encoding that RFC 8949 allows and SPEC ENC3 does not; each has one item written otherwise. */
function otherEncodings(message: Uint8Array): readonly Bytes[] {
  const { item } = readItem(message, 1)
  const all = (one: Item): readonly Item[] => [one, ...one.items.flatMap(all)]
  return all(item).flatMap((spoilt) =>
    waysToSpoil(spoilt).map((spoiling) =>
      concatBytes(
        Uint8Array.of(1),
        write(item, (one) => (one === spoilt ? spoiling : undefined)),
      ),
    ),
  )
}

function waysToSpoil(item: Item): readonly Bytes[] {
  const { major, argument, text, items } = item
  const inner = concatBytes(text, ...items.map((one) => write(one)))
  const ways = [concatBytes(Uint8Array.of(0xc6), write(item))]
  if (major === 7) return ways
  for (const width of [1, 2, 4, 8])
    if (argument < (width === 1 ? 24 : 2 ** (4 * width))) ways.push(concatBytes(head(major, argument, width), inner))
  const open = Uint8Array.of((major << 5) | 31)
  const close = Uint8Array.of(0xff)
  if (major === 0) {
    const double = new Uint8Array(9)
    new DataView(double.buffer).setFloat64(1, argument)
    double[0] = 0xfb
    ways.push(double)
  }
  if (major === 2 || major === 3) ways.push(concatBytes(open, write(item), close))
  if (major === 4 || major === 5) ways.push(concatBytes(open, inner, close))
  if (major === 5) {
    const pairs = Array.from({ length: argument }, (_, at) => concatBytes(...items.slice(2 * at, 2 * at + 2).map((one) => write(one))))
    ways.push(concatBytes(head(5, argument + 1), ...pairs, pairs.at(-1) ?? close))
    if (argument > 1) ways.push(concatBytes(head(5, argument), ...pairs.toReversed()))
  }
  return ways
}

function write(item: Item, instead: (item: Item) => Bytes | undefined = () => undefined): Bytes {
  const { major, argument, text, items } = item
  return instead(item) ?? concatBytes(head(major, argument), text, ...items.map((one) => write(one, instead)))
}

function head(
  major: number,
  argument: number,
  width = argument < 24 ? 0 : argument < 256 ? 1 : argument < 65_536 ? 2 : argument < 2 ** 32 ? 4 : 8,
) {
  if (width === 0) return Uint8Array.of((major << 5) | argument)
  const bytes = new Uint8Array(1 + width)
  bytes[0] = (major << 5) | (24 + Math.log2(width))
  for (let place = width, rest = argument; place > 0; place--, rest = Math.floor(rest / 256)) bytes[place] = rest % 256
  return bytes
}

function readItem(bytes: Uint8Array, from: number): { readonly item: Item; readonly end: number } {
  const first = bytes[from] ?? 0
  const major = first >> 5
  const width = (first & 31) < 24 ? 0 : 2 ** ((first & 31) - 24)
  let argument = width === 0 ? first & 31 : 0
  for (let place = 1; place <= width; place++) argument = argument * 256 + (bytes[from + place] ?? 0)
  let end = from + 1 + width
  const text = major === 2 || major === 3 ? bytes.subarray(end, end + argument) : new Uint8Array()
  end += text.length
  const items: Item[] = []
  const count = major === 4 ? argument : major === 5 ? 2 * argument : 0
  while (items.length < count) {
    const next = readItem(bytes, end)
    items.push(next.item)
    end = next.end
  }
  return { item: { major, argument, text, items }, end }
}
