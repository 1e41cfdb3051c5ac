import { fixed, relaxed } from '../../../workers/wasm/built/combine.ts'
import type { Bytes } from '../../core/bytes.ts'
import { assert } from '../../core/errors.ts'
import { combinePlainly, type Combine } from '../../core/erasure.ts'
import { products } from '../../core/galois.ts'
import type { Matrix } from '../../core/matrix.ts'
import { LEAF_BYTES, MAX_SHARDS } from '../../core/sizes.ts'

/** The kernel that codes on one thread, and the columns in which leaves lie while they are digested. */
export interface ErasureKernel {
  readonly build: KernelBuild
  readonly combine: Combine
  /**
   * Returns `count` arrays of one leaf, at most `COLUMNS`: `combine` writes to the first ones of them without a copy. A zero byte lies
   * before each in its buffer, because a leaf is hashed with one. The next call of `combine` overwrites them.
   */
  columns(count: number): readonly Bytes[]
  /** Writes at most one leaf into the first column and returns that column's bytes. */
  fill(bytes: Uint8Array): Bytes
}

/**
 * Relaxed SIMD needs no check of indices and is the fastest; programs without it run the fixed build, and programs without both the plain
 * kernel.
 */
export type KernelBuild = 'relaxed' | 'fixed' | 'plain'

/** Most rows that are computed at once. */
export const COLUMNS = 64

// The one memory is laid out once and never grows, so that its views stay attached; the system provides only the pages that are touched.
/** Products of one coefficient with 0..15, then with 0, 16 .. 240. */
const TABLE_BYTES = 32
/** Distance between slices: with a power of two they would push each other out of the cache. */
const STRIDE = LEAF_BYTES + 64
const DATA = COLUMNS * MAX_SHARDS * TABLE_BYTES
/**
 * Each column begins one byte behind a multiple of 64; the byte before it is never written and is the zero before the leaf. Chromium copies
 * the bytes that it digests, and a copy from any other address would take nearly as long as the digest itself.
 */
const COLUMN = DATA + MAX_SHARDS * STRIDE + 1
/** Place of the sums that are copied out: at a multiple of 64 for the same reason. */
const OUT = DATA + (MAX_SHARDS + COLUMNS) * STRIDE + 64
const PAGE_BYTES = 65_536
const PAGES = Math.ceil((OUT + COLUMNS * STRIDE) / PAGE_BYTES)

const binaries = { fixed, relaxed }

/** The exports of workers/wasm/combine.ts. */
interface Exports {
  combine(out: number, data: number, tables: number, rows: number, slices: number, stride: number, bytes: number): void
  copy(to: number, from: number, bytes: number): void
}

/** Returns the fastest kernel among `builds` that this program can run. */
export function createErasureKernel(builds: readonly KernelBuild[] = ['relaxed', 'fixed']): ErasureKernel {
  for (const build of builds) {
    const kernel = build === 'plain' ? undefined : instantiate(build)
    if (kernel !== undefined) return kernel
  }
  const buffer = new Uint8Array(COLUMNS * STRIDE)
  return {
    build: 'plain',
    combine: combinePlainly,
    columns: (count) => columnsOf(buffer, 1, count),
    fill(bytes) {
      buffer.set(bytes, 1)
      return buffer.subarray(1, 1 + bytes.length)
    },
  }
}

function instantiate(build: 'relaxed' | 'fixed'): ErasureKernel | undefined {
  const binary = Uint8Array.from(atob(binaries[build]), (character) => character.charCodeAt(0))
  let memory: WebAssembly.Memory
  let run: Exports
  try {
    if (!WebAssembly.validate(binary)) return undefined
    memory = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES })
    const instance = new WebAssembly.Instance(new WebAssembly.Module(binary), { env: { memory } })
    run = instance.exports as unknown as Exports
  } catch {
    return undefined // no WebAssembly, a policy that forbids it, or no room
  }
  const bytes = new Uint8Array(memory.buffer) as Bytes
  let tablesOf: Matrix | undefined

  /**
   * Computes `length` bytes of up to `COLUMNS` rows from byte `from` of the slices on, and puts them at `to` and every `STRIDE` behind it.
   */
  function combineColumn(rows: Matrix, slices: readonly Uint8Array[], from: number, length: number, to: number): void {
    slices.forEach((slice, at) => {
      const part = slice.subarray(from, from + length)
      bytes.set(part, DATA + at * STRIDE)
      if (part.length < length) bytes.fill(0, DATA + at * STRIDE + part.length, DATA + at * STRIDE + length)
    })
    if (rows !== tablesOf) writeTables(bytes, rows)
    tablesOf = rows
    run.combine(to, DATA, 0, rows.length, slices.length, STRIDE, length)
  }

  return {
    build,
    columns: (count) => columnsOf(bytes, COLUMN, count),
    fill(leaf) {
      bytes.set(leaf, DATA)
      run.copy(COLUMN, DATA, leaf.length)
      return bytes.subarray(COLUMN, COLUMN + leaf.length)
    },
    combine(rows, slices, outs) {
      assert(slices.length <= MAX_SHARDS, 'a code has at most 255 slices')
      const length = outs[0]?.length ?? 0
      if (outs[0]?.buffer === bytes.buffer) {
        combineColumn(rows, slices, 0, length, COLUMN)
        return
      }
      for (let first = 0; first < rows.length; first += COLUMNS) {
        const some = rows.length <= COLUMNS ? rows : rows.slice(first, first + COLUMNS)
        for (let from = 0; from < length; from += LEAF_BYTES) {
          const size = Math.min(LEAF_BYTES, length - from)
          combineColumn(some, slices, from, size, OUT)
          some.forEach((_, row) => outs[first + row]?.set(bytes.subarray(OUT + row * STRIDE, OUT + row * STRIDE + size), from))
        }
      }
    },
  }
}

function columnsOf(buffer: Bytes, first: number, count: number): readonly Bytes[] {
  assert(count <= COLUMNS, 'there are only so many columns')
  return Array.from({ length: count }, (_, row) => buffer.subarray(first + row * STRIDE, first + row * STRIDE + LEAF_BYTES))
}

/**
 * Writes the nibble tables of `rows` in the order in which the kernel reads them: rows by eight, the last one to four by four, slice by
 * slice.
 */
function writeTables(target: Uint8Array, rows: Matrix): void {
  const table = products()
  let at = 0
  for (let first = 0; first < rows.length;) {
    const group = rows.length - first > 4 ? 8 : 4
    for (let slice = 0; slice < (rows[0]?.length ?? 0); slice++) {
      for (let row = first; row < first + group; row++, at += TABLE_BYTES) {
        const from = 256 * (rows[row]?.[slice] ?? 0)
        for (let nibble = 0; nibble < 16; nibble++) {
          target[at + nibble] = table[from + nibble] ?? 0
          target[at + 16 + nibble] = table[from + 16 * nibble] ?? 0
        }
      }
    }
    first += group
  }
}
