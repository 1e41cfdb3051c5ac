import { decode as decodeCbor, encode as encodeCbor } from 'cborg'
import { equalBytes, utf8, type Bytes } from './bytes.ts'
import { HoardError, codeOf } from './errors.ts'
import { brandBytes, type FileKey, type GroupKey, type SegmentId, type ShardId, type GroupId, type PeerId } from './ids.ts'
import { FORMAT_VERSION } from './labels.ts'
import { peerIdBytes, peerIdFromBytes } from './peer-id.ts'
import { checkWellFormed } from './well-formed.ts'

/** A value that CBOR may carry here. */
export type Item = number | boolean | null | string | Uint8Array | Item[] | Map<number, Item>

/** The form of one value in CBOR. Both directions refuse the same values, with HoardError 'format-invalid'. */
export interface Shape<T> {
  write(value: T): Item
  read(item: unknown): T
}

/** A shape whose key is left out when the value is undefined. */
export interface OptionalShape<T> extends Shape<T> {
  readonly isOptional: true
}

/** Shapes by field name; key 1 is the first one. */
export type Fields = Readonly<Record<string, Shape<unknown>>>
type OptionalNames<F extends Fields> = { [Name in keyof F]: F[Name] extends OptionalShape<unknown> ? Name : never }[keyof F]
/** The value that a shape describes. */
export type ValueOf<S> = S extends Shape<infer T> ? T : never
/** The object that `fields` describe. */
export type ValuesOf<F extends Fields> = { readonly [Name in Exclude<keyof F, OptionalNames<F>>]: ValueOf<F[Name]> } & {
  readonly [Name in OptionalNames<F>]?: ValueOf<F[Name]>
}

/** One kind of object as it is stored or sent: version byte 0x01, then deterministic CBOR. SPEC ENC. */
export interface Format<T> {
  readonly name: string
  /** Longest encoding, version byte included. */
  readonly maxBytes: number
  /** Returns the only encoding of `value`. Throws HoardError 'format-invalid' when a shape or `maxBytes` refuses it. */
  encode(value: T): Bytes
  /**
   * Returns the value of `bytes`. Throws HoardError 'format-unknown' (another version byte) | 'format-invalid' (anything but what `encode`
   * returns).
   */
  decode(bytes: Uint8Array): T
}

/** Returns the format of an object whose CBOR is a map with keys 1, 2, 3 ... in the order of `fields`. SPEC ENC2. */
export function objectFormat<F extends Fields>(name: string, maxBytes: number, fields: F): Format<ValuesOf<F>> {
  return formatOf(name, maxBytes, record(fields))
}

/** Returns the format of an object whose CBOR is `shape`. */
export function formatOf<T>(name: string, maxBytes: number, shape: Shape<T>): Format<T> {
  const encode = (value: T): Bytes => {
    const body = encodeCbor(shape.write(value))
    if (1 + body.length > maxBytes) refuse(`longer than ${maxBytes} bytes`)
    const bytes = new Uint8Array(1 + body.length)
    bytes[0] = FORMAT_VERSION
    bytes.set(body, 1)
    return bytes
  }
  const decode = (bytes: Uint8Array): T => {
    if (bytes.length > maxBytes) refuse(`longer than ${maxBytes} bytes`)
    checkWellFormed(bytes, 1)
    const value = shape.read(decodeCbor(bytes.subarray(1), { useMaps: true, strict: true, allowIndefinite: false }))
    // The checks above let unsorted and repeated map keys pass, and text that is not UTF-8. SPEC ENC5.
    if (!equalBytes(encode(value), bytes)) refuse('not the deterministic encoding')
    return value
  }
  return {
    name,
    maxBytes,
    encode: (value) => named(name, () => encode(value)),
    decode: (bytes) => {
      if (bytes.length > 0 && bytes[0] !== FORMAT_VERSION) throw new HoardError('format-unknown', { format: name, version: bytes[0] ?? 0 })
      return named(name, () => decode(bytes))
    },
  }
}

/** Whole number from `min` to `max`, at most 2^53 - 1. */
export function uint(max: number = Number.MAX_SAFE_INTEGER, min = 0): Shape<number> {
  return same(
    (item): item is number => typeof item === 'number' && Number.isSafeInteger(item) && item >= min && item <= max,
    `not ${min}..${max}`,
  )
}

/** `true` or `false`. */
export const flag: Shape<boolean> = same((item): item is boolean => typeof item === 'boolean', 'not a flag')

/**
 * Text of at most `maxBytes` bytes of UTF-8. The writer puts U+FFFD for half characters and leaves out byte order marks at its start. SPEC
 * ENC7.
 */
export function text(maxBytes: number): Shape<string> {
  const { read } = same(
    (item): item is string => typeof item === 'string' && utf8(item).length <= maxBytes,
    `not text of up to ${maxBytes} bytes`,
  )
  return { write: (value) => read(value.replace(/\p{Surrogate}/gu, '\ufffd').replace(/^\ufeff+/, '')), read }
}

/** Exactly `length` bytes. */
export function bytesOf(length: number): Shape<Bytes> {
  return bytesUpTo(length, length)
}

/** `min` to `max` bytes. */
export function bytesUpTo(max: number, min = 0): Shape<Bytes> {
  const check = (item: unknown): Bytes => {
    if (!(item instanceof Uint8Array) || item.length < min || item.length > max) refuse(`not ${min}..${max} bytes`)
    return new Uint8Array(item)
  }
  return { write: check, read: check }
}

/** The 32 bytes of a branded id or key. */
export function idOf<T extends ShardId | SegmentId | GroupId | GroupKey | FileKey>(): Shape<T> {
  const { write, read } = bytesOf(32)
  return { write, read: (item) => brandBytes<T>(read(item)) }
}

/** A peer's identity: its 38-byte multihash. SPEC PID1. */
export const peerIdentity: Shape<PeerId> = {
  write: (peer) => peerIdBytes(peer),
  read: (item) => peerIdFromBytes(bytesOf(38).read(item)),
}

/** `min` to `max` items of one shape. */
export function listOf<T>(shape: Shape<T>, { min = 0, max }: { readonly min?: number; readonly max: number }): Shape<readonly T[]> {
  const check = (item: unknown): readonly unknown[] => {
    if (!Array.isArray(item) || item.length < min || item.length > max) refuse(`not a list of ${min}..${max}`)
    return item
  }
  return {
    write: (values) => {
      check(values)
      return values.map((value) => shape.write(value))
    },
    read: (item) => check(item).map((value) => shape.read(value)),
  }
}

/**
 * Returns those of `values` that `shape` can write, in their order: one that cannot be written must not keep back the others. SPEC ENC8.
 */
export function writable<T>(shape: Shape<T>, values: readonly T[]): T[] {
  return values.filter((value) => {
    try {
      shape.write(value)
      return true
    } catch (error) {
      if (codeOf(error) === 'format-invalid') return false
      throw error
    }
  })
}

/** A list with one shape for each place. */
export function tuple<T extends readonly unknown[]>(...shapes: { readonly [Place in keyof T]: Shape<T[Place]> }): Shape<T> {
  const places: readonly Shape<unknown>[] = shapes
  const check = (item: unknown): readonly unknown[] => {
    if (!Array.isArray(item) || item.length !== places.length) refuse(`not a list of ${places.length}`)
    return item
  }
  return {
    write: (values) => check(values).map((value, place) => shapeAt(places, place).write(value)),
    read: (item) => check(item).map((value, place) => shapeAt(places, place).read(value)) as readonly unknown[] as T,
  }
}

/** `null` or what `shape` describes. */
export function nullable<T>(shape: Shape<T>): Shape<T | null> {
  return { write: (value) => (value === null ? null : shape.write(value)), read: (item) => (item === null ? null : shape.read(item)) }
}

/** A field that may be absent. */
export function optional<T>(shape: Shape<T>): OptionalShape<T> {
  return { ...shape, isOptional: true }
}

/** A map with keys 1, 2, 3 ... in the order of `fields`, at most 23 of them; other keys are refused. */
export function record<F extends Fields>(fields: F): Shape<ValuesOf<F>> {
  const places = Object.entries(fields).map(([name, shape], place) => ({ name, shape, key: place + 1, isOptional: 'isOptional' in shape }))
  return {
    write: (value) => {
      const map = new Map<number, Item>()
      const values: Readonly<Record<string, unknown>> = value
      for (const { name, shape, key, isOptional } of places) {
        const field = values[name]
        if (field !== undefined) map.set(key, shape.write(field))
        else if (!isOptional) refuse(`${name} is missing`)
      }
      return map
    },
    read: (item) => {
      if (!(item instanceof Map)) refuse('not a map')
      const values: Record<string, unknown> = {}
      let used = 0
      for (const { name, shape, key, isOptional } of places) {
        if (item.has(key)) {
          values[name] = shape.read(item.get(key))
          used++
        } else if (!isOptional) refuse(`${name} is missing`)
      }
      if (used !== item.size) refuse('unknown key')
      return values as ValuesOf<F>
    },
  }
}

/** `shape` with one more rule: `isAllowed` tells whether a value may be written or read, `reason` says why not. */
export function where<T>(shape: Shape<T>, isAllowed: (value: T) => boolean, reason: string): Shape<T> {
  const check = (value: T): T => (isAllowed(value) ? value : refuse(reason))
  return { write: (value) => shape.write(check(value)), read: (item) => check(shape.read(item)) }
}

function same<T extends Item>(isOne: (item: unknown) => item is T, reason: string): Shape<T> {
  const check = (item: unknown): T => (isOne(item) ? item : refuse(reason))
  return { write: check, read: check }
}

function shapeAt(shapes: readonly Shape<unknown>[], place: number): Shape<unknown> {
  return shapes[place] ?? refuse('too many items')
}

/** Adds the name of the format to the error that `run` throws. */
function named<T>(format: string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (error instanceof HoardError) throw new HoardError(error.code, { ...error.facts, format })
    throw error
  }
}

function refuse(reason: string): never {
  throw new HoardError('format-invalid', { reason })
}
