import type { Bytes } from '../../core/bytes.ts'
import { codingRows, dataSlices } from '../../core/erasure.ts'
import { LEAF_BYTES } from '../../core/sizes.ts'
import type { ErasureShape } from '../../core/erasure.ts'
import { COLUMNS, type ErasureKernel } from './erasure-kernel.ts'
import { digestColumn, leafCount } from './leaf-digests.ts'
import { DIGEST_BYTES } from '../../core/merkle.ts'

/**
 * Codes one stripe and returns the leaf digests of all `t` slices, slice by slice; it never holds a whole parity slice. It works in
 * columns, the same leaf of all slices: while one column is being digested the next one is coded. SPEC ERA2, SHD2.
 */
export async function digestStripe(subtle: SubtleCrypto, kernel: ErasureKernel, shape: ErasureShape, stripe: Bytes): Promise<Bytes> {
  const sliceBytes = Math.ceil(stripe.length / shape.k)
  const padded = filledUp(stripe, shape.k * sliceBytes)
  const data = dataSlices(shape, padded)
  const leaves = leafCount(sliceBytes)
  const digests = new Uint8Array(shape.t * leaves * DIGEST_BYTES)
  const groups = parityGroups(shape)
  let before: Promise<void> | undefined

  /** Waits for the digests of the column before, so that at most two columns are under way. */
  async function take(leaf: number, firstRow: number, column: readonly Promise<ArrayBuffer>[]): Promise<void> {
    const found = Promise.all(column)
    await before
    before = found.then((all) => {
      for (const [row, digest] of all.entries()) digests.set(new Uint8Array(digest), ((firstRow + row) * leaves + leaf) * DIGEST_BYTES)
    })
  }

  for (let leaf = 0; leaf < leaves; leaf++) {
    const from = leaf * LEAF_BYTES
    const to = Math.min(sliceBytes, from + LEAF_BYTES)
    const column = data.map((slice) => slice.subarray(from, to))
    await take(
      leaf,
      0,
      column.map((part) => digestColumn(subtle, kernel.fill(part))),
    )
    for (const { firstRow, rows } of groups) {
      const outs = kernel.columns(rows.length).map((out) => out.subarray(0, to - from))
      kernel.combine(rows, column, outs)
      await take(
        leaf,
        firstRow,
        outs.map((out) => digestColumn(subtle, out)),
      )
    }
  }
  await before
  return digests
}

/** Groups the parity rows: as many at once as the kernel has columns. */
function parityGroups(shape: ErasureShape) {
  return Array.from({ length: Math.ceil((shape.t - shape.k) / COLUMNS) }, (_, group) => {
    const firstRow = shape.k + group * COLUMNS
    const numbers = Array.from({ length: Math.min(COLUMNS, shape.t - firstRow) }, (__, at) => firstRow + at)
    return { firstRow, rows: codingRows(shape, numbers) }
  })
}

function filledUp(bytes: Bytes, length: number): Bytes {
  if (bytes.length === length) return bytes
  const filled = new Uint8Array(length)
  filled.set(bytes)
  return filled
}
