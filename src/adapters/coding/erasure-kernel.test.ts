import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { equalBytes } from '../../core/bytes.ts'
import { oracleSlices } from '../../core/erasure-oracle.rig.ts'
import { codingRows, combinePlainly, decodeStripe, encodeRows, type ErasureShape } from '../../core/erasure.ts'
import { LEAF_BYTES } from '../../core/sizes.ts'
import { COLUMNS, createErasureKernel, type KernelBuild } from './erasure-kernel.ts'

const shapes = fc
  .tuple(fc.integer({ min: 2, max: 40 }), fc.integer({ min: 1, max: 80 }))
  .map(([k, parity]): ErasureShape => ({ k, t: k + parity }))
const allRows = ({ t }: ErasureShape): number[] => Array.from({ length: t }, (_, row) => row)

describe.each<KernelBuild>(['relaxed', 'fixed', 'plain'])('the %s kernel', (build) => {
  const kernel = createErasureKernel([build])

  test('runs here', () => {
    expect(kernel.build).toBe(build)
  })

  test('[ERA2] codes as an independent coder does', () => {
    fc.assert(
      fc.property(shapes, fc.uint8Array({ minLength: 1, maxLength: 3000 }), (shape, stripe) =>
        equalBytes(encodeRows(shape, stripe, allRows(shape), kernel.combine), oracleSlices(shape, stripe)),
      ),
      { numRuns: 200 },
    )
  })

  test.each([
    { k: 2, t: 10, stripeBytes: 2 * 4 * LEAF_BYTES },
    { k: 3, t: 255, stripeBytes: 3 * LEAF_BYTES + 1 },
    { k: 7, t: 12, stripeBytes: 7 * LEAF_BYTES - 33 },
    { k: 200, t: 255, stripeBytes: 200 * 700 - 950 },
  ])('[ERA2] [ERA3] ($k,$t) with slices of more than a leaf, short ones and empty ones: codes and rebuilds', ({ k, t, stripeBytes }) => {
    const shape = { k, t }
    const stripe = noise(stripeBytes)
    const coded = encodeRows(shape, stripe, allRows(shape), kernel.combine)
    expect(equalBytes(coded, oracleSlices(shape, stripe))).toBe(true)
    const sliceBytes = coded.length / t
    const last = allRows(shape)
      .slice(-k)
      .map((index) => ({ index, bytes: coded.subarray(index * sliceBytes, (index + 1) * sliceBytes) }))
    expect(equalBytes(decodeStripe(shape, last, stripeBytes, kernel.combine), stripe)).toBe(true)
  })

  test('[ERA2] writes into what it is given, whatever was there', () => {
    const shape = { k: 5, t: 9 }
    const target = noise(9 * 21)
    expect(encodeRows(shape, noise(101), allRows(shape), kernel.combine, () => target)).toBe(target)
    expect(equalBytes(target, encodeRows(shape, noise(101), allRows(shape)))).toBe(true)
    const slices = allRows(shape)
      .slice(4)
      .map((index) => ({ index, bytes: target.subarray(index * 21, (index + 1) * 21) }))
    expect(equalBytes(decodeStripe(shape, slices, 101, kernel.combine, noise), noise(101))).toBe(true)
  })

  test('[MRK1] its own columns hold the sums, and the byte before each stays zero', () => {
    const shape = { k: 4, t: 4 + COLUMNS }
    const rows = codingRows(shape, allRows(shape).slice(4))
    for (const length of [LEAF_BYTES, 100, LEAF_BYTES]) {
      const data = Array.from({ length: 4 }, (_, at) => noise(length + at).subarray(at))
      const expected = rows.map(() => new Uint8Array(length))
      combinePlainly(rows, data, expected)
      const columns = kernel.columns(rows.length).map((column) => column.subarray(0, length))
      kernel.combine(rows, data, columns)
      expect(columns.every((column, row) => equalBytes(column, expected[row] ?? new Uint8Array()))).toBe(true)
      const before = columns.map(({ buffer, byteOffset }) => new Uint8Array(buffer, byteOffset - 1, 1)[0])
      expect(new Set(before)).toEqual(new Set([0]))
    }
  })
})

describe.each<KernelBuild>(['relaxed', 'fixed', 'plain'])('the first column of the %s kernel', (build) => {
  test('[MRK1] takes leaves of any length from any address', () => {
    const kernel = createErasureKernel([build])
    for (const [length, shift] of [
      [LEAF_BYTES, 0],
      [LEAF_BYTES, 3],
      [33, 1],
      [0, 0],
      [1, 63],
    ] as const) {
      const leaf = noise(length + shift).subarray(shift)
      const column = kernel.fill(leaf)
      expect(equalBytes(column, leaf)).toBe(true)
      expect(new Uint8Array(column.buffer, column.byteOffset - 1, 1)).toEqual(new Uint8Array(1))
    }
  })
})

test('a program without relaxed SIMD takes the fixed build, one without WebAssembly the plain one', () => {
  const real = WebAssembly.validate.bind(WebAssembly)
  const validate = vi.spyOn(WebAssembly, 'validate').mockReturnValueOnce(false).mockImplementation(real)
  expect(createErasureKernel().build).toBe('fixed')
  expect(validate).toHaveBeenCalledTimes(2)
  validate.mockRestore()
  vi.stubGlobal('WebAssembly', undefined)
  expect(createErasureKernel().build).toBe('plain')
  vi.unstubAllGlobals()
})

test('a policy that forbids compiling leaves the plain kernel', () => {
  const refused = vi.spyOn(WebAssembly, 'Module').mockImplementation(function refuse() {
    throw new WebAssembly.CompileError('refused by a Content Security Policy')
  })
  expect(createErasureKernel().build).toBe('plain')
  refused.mockRestore()
})

/** Bytes without a pattern, the same every time. */
function noise(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, at) => Math.imul(at + 1, 2_654_435_761) >>> 13)
}
