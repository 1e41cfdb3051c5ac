import { decode, encode } from 'cborg'
import { concatBytes, utf8 } from '../src/core/bytes.ts'

/** A message before it is encoded: the number of its kind, then its fields from key 2 on; undefined ones are left out. */
export type Message = readonly [kind: number, ...fields: unknown[]]

/** The byte with which every stream begins. */
export const version = Uint8Array.of(1)

/** Returns `number` as an unsigned varint. */
export function varint(number: number): Uint8Array {
  const bytes: number[] = []
  let rest = number
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
  return Uint8Array.of(...bytes, rest)
}

/** Returns `bytes` behind their length. */
export function framed(bytes: Uint8Array): Uint8Array {
  return concatBytes(varint(bytes.length), bytes)
}

/** Returns the encoding that a polite peer would send. */
export function encoded(message: Message): Uint8Array {
  return fromPairs(pairsOf(message))
}

/** Returns an encoded object with the value of one key replaced or left out. */
export function altered(bytes: Uint8Array, key: number, value: unknown): Uint8Array {
  const map: unknown = decode(bytes.subarray(1), { useMaps: true })
  if (!(map instanceof Map)) throw new Error('not a map')
  if (value === undefined) map.delete(key)
  else map.set(key, value)
  return concatBytes(version, encode(map))
}

/** Ways in which a message can be wrong, each with the bytes that a peer would send in its place. */
export const distortions: Readonly<Record<string, (message: Message) => Uint8Array>> = {
  'of another version': (message) => concatBytes(Uint8Array.of(2), encoded(message).subarray(1)),
  'of an unknown kind': ([, ...fields]) => encoded([99, ...fields]),
  'cut short': (message) => encoded(message).subarray(0, -1),
  'with a byte too many': (message) => concatBytes(encoded(message), Uint8Array.of(0)),
  'with an unknown key': (message) => fromPairs([...pairsOf(message), [23, 0]]),
  'with a key twice': (message) => fromPairs([...pairsOf(message), ...pairsOf(message).slice(-1)]),
  'with keys out of order': (message) => fromPairs(pairsOf(message).toReversed()),
  'with a field of another type': ([kind, first, ...fields]) => encoded([kind, typeof first === 'string' ? 7 : 'seven', ...fields]),
  'with a number in a long form': (message) => fromPairs(pairsOf(message), { firstKey: Uint8Array.of(0x18, 1) }),
  'with a floating number': ([, ...fields]) => encoded([1.5, ...fields]),
  'of indefinite length': (message) => fromPairs(pairsOf(message), { head: Uint8Array.of(0xbf), tail: Uint8Array.of(0xff) }),
  'under a tag': (message) => fromPairs(pairsOf(message), { head: Uint8Array.of(0xc1, 0xa0 + pairsOf(message).length) }),
  'with 60,000 lists in one another': (message) => fromPairs(pairsOf(message), { tail: new Uint8Array(60_000).fill(0x81) }),
  'with a list of 2^53 items': (message) => fromPairs(pairsOf(message), { tail: Uint8Array.of(23, 0x9b, 0, 0x20, 0, 0, 0, 0, 0, 0) }),
  'with 2^40 bytes announced': (message) => fromPairs(pairsOf(message), { tail: Uint8Array.of(23, 0x5b, 0, 0, 1, 0, 0, 0, 0, 0) }),
  'with text that is not UTF-8': (message) => fromPairs(pairsOf(message), { tail: Uint8Array.of(23, 0x62, 0xc3, 0x28) }),
  'that is text': () => utf8('GET / HTTP/1.1\r\n\r\n'),
  'that is no map': () => concatBytes(version, encode([1, 2, 3])),
  'that is empty': () => new Uint8Array(),
}

type Pair = readonly [key: number, value: unknown]

function pairsOf(message: Message): readonly Pair[] {
  return message.map((value, at): Pair => [at + 1, value]).filter(([, value]) => value !== undefined)
}

/** Builds a map by hand, since an encoder would correct it. A tail counts as one more pair. */
function fromPairs(pairs: readonly Pair[], odd: { firstKey?: Uint8Array; head?: Uint8Array; tail?: Uint8Array } = {}): Uint8Array {
  const { firstKey, head = Uint8Array.of(0xa0 + pairs.length + (odd.tail === undefined ? 0 : 1)), tail = new Uint8Array() } = odd
  const items = pairs.flatMap(([key, value], at) => [at === 0 && firstKey ? firstKey : encode(key), encode(value)])
  return concatBytes(version, head, ...items, tail)
}
