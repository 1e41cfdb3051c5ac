import { concatBytes, type Bytes } from './bytes.ts'
import { bytesOf, formatOf, objectFormat, record, type Fields, type Shape, type ValuesOf } from './encoding.ts'
import { assert, HoardError } from './errors.ts'
import { label } from './labels.ts'
import { isSignedBy } from './signature.ts'

/** The fields of a signed object and its 64-byte signature. */
export interface Signed<T> {
  readonly fields: T
  readonly signature: Bytes
}

/** A kind of object that carries its Ed25519 signature as last key. SPEC SIG1. */
export interface SignedFormat<T> {
  readonly name: string
  /** Longest encoding, signature and version byte included. */
  readonly maxBytes: number
  /** Returns the bytes that are signed: label, version byte, CBOR map without the signature. */
  message(fields: T): Bytes
  /** Returns the object with its 64-byte `signature`, which is not checked here. */
  encode(fields: T, signature: Uint8Array): Bytes
  /**
   * Returns the fields and the signature of `bytes` without checking the signature: cheaper rules can refuse it first.
   * @throws HoardError 'format-unknown' | 'format-invalid'
   */
  decode(bytes: Uint8Array): Signed<T>
  /**
   * Returns only if `publicKey` (32 bytes) made the signature that `decode` returned.
   * @throws HoardError 'signature-invalid'
   */
  check(publicKey: Uint8Array, signed: Signed<T>): void
}

/** Returns the signed format `name` (which is also its label) with `fields` as keys 1, 2, 3 ... and the signature after them. */
export function signedFormat<F extends Fields>(name: string, maxBytes: number, fields: F): SignedFormat<ValuesOf<F>> {
  const body = objectFormat(name, maxBytes, fields)
  const whole = formatOf(name, maxBytes, signedShape(fields))
  const message = (values: ValuesOf<F>): Bytes => concatBytes(label(name), body.encode(values))
  return {
    name,
    maxBytes,
    message,
    encode: (values, signature) => whole.encode({ fields: values, signature: new Uint8Array(signature) }),
    decode: whole.decode,
    check: (publicKey, { fields: values, signature }) => {
      if (!isSignedBy(publicKey, message(values), signature)) throw new HoardError('signature-invalid', { format: name })
    },
  }
}

function signedShape<F extends Fields>(fields: F): Shape<Signed<ValuesOf<F>>> {
  const body = record(fields)
  const signatureShape = bytesOf(64)
  const key = Object.keys(fields).length + 1
  return {
    write: ({ fields: values, signature }) => {
      const map = body.write(values)
      assert(map instanceof Map, 'a record is written as a map')
      return map.set(key, signatureShape.write(signature))
    },
    read: (item) => {
      if (!(item instanceof Map)) throw new HoardError('format-invalid', { reason: 'not a map' })
      const rest = new Map<unknown, unknown>(item)
      rest.delete(key)
      return { fields: body.read(rest), signature: signatureShape.read(item.get(key)) }
    },
  }
}
