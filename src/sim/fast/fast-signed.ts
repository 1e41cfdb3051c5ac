import type { Fields, ValuesOf } from '../../core/encoding.ts'
import { signedFormat as exactSignedFormat, type SignedFormat } from '../../core/signed.ts'
import { byteText } from './fast-bytes.ts'

export type * from '../../core/signed.ts'

/**
 * Stands in for core/signed.ts in the simulator: what was decoded once and found signed is not encoded anew to be checked again. The product
 * never runs it.
 */

/** As in core/signed.ts. */
export function signedFormat<F extends Fields>(name: string, maxBytes: number, fields: F): SignedFormat<ValuesOf<F>> {
  const exact = exactSignedFormat(name, maxBytes, fields)
  /** The public key by which each object was found signed. */
  const keyBySigned = new WeakMap<object, string>()
  return {
    ...exact,
    check(publicKey, signed) {
      const key = byteText(publicKey)
      if (keyBySigned.get(signed) === key) return
      exact.check(publicKey, signed)
      keyBySigned.set(signed, key)
    },
  }
}
