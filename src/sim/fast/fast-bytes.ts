export * from '../../core/bytes.ts'

/** Stands in for core/bytes.ts in the simulator, with the platform's texts of bytes. The product never runs it. */

/** Methods of Buffer that take any array of bytes. */
interface Slicing {
  hexSlice(this: Uint8Array, start: number, end: number): string
  latin1Slice(this: Uint8Array, start: number, end: number): string
}

// Buffer has them, though its types do not say so.
const { hexSlice, latin1Slice } = Buffer.prototype as unknown as Slicing

/** As in core/bytes.ts. */
export function hex(bytes: Uint8Array): string {
  return hexSlice.call(bytes, 0, bytes.length)
}

/** As in core/bytes.ts, for any number of bytes. */
export function byteText(bytes: Uint8Array): string {
  return latin1Slice.call(bytes, 0, bytes.length)
}
