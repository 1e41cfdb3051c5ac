import { ReedSolomonErasure } from '@digitaldefiance/reed-solomon-erasure.wasm/browser'
import oracleUrl from '../../../node_modules/@digitaldefiance/reed-solomon-erasure.wasm/browser/reed_solomon_erasure_bg.wasm?url'
import { expose } from 'comlink'
import { freeBytes } from '../../../src/adapters/browser/transfer-bytes.ts'
import { createCoding } from '../../../src/adapters/coding/create-coding.ts'
import { createErasureKernel } from '../../../src/adapters/coding/erasure-kernel.ts'
import { equalBytes } from '../../../src/core/bytes.ts'
import { shardCountFor } from '../../../src/core/descriptor.ts'
import { codingRows, combinePlainly, dataSlices, encodeRows } from '../../../src/core/erasure.ts'
import { LEAF_BYTES, RECORD_PLAIN_BYTES, SLICE_BYTES } from '../../../src/core/sizes.ts'
import { fixed, relaxed } from '../../../workers/wasm/built/combine.ts'
import { fastest } from './fastest.ts'
import { noise, numbers, sealJob, type Code } from './material.ts'

/** Milliseconds of the fastest run of each stage, on this one thread, without the page. */
const stages = {
  /** Codes a stripe with slices of one leaf by three coders, copies in and out included; they must agree. */
  async erasure({ k, n }: Code) {
    const oracle = await ReedSolomonErasure.fromUrl(oracleUrl)
    const kernel = createErasureKernel()
    const shape = { k, t: n }
    const rows = numbers(k, n)
    const stripe = noise(k * LEAF_BYTES)
    const [target, twin] = [noise(rows.length * LEAF_BYTES), noise(rows.length * LEAF_BYTES)]
    const slices = new Uint8Array(n * LEAF_BYTES)
    slices.set(stripe)
    const times = await fastest(10, {
      kernel: () => encodeRows(shape, stripe, rows, kernel.combine, () => target),
      plain: () => encodeRows(shape, stripe, rows, combinePlainly, () => twin),
      oracle: () => oracle.encode(slices, k, n - k),
    })
    if (![target, twin].every((parity) => equalBytes(parity, slices.subarray(k * LEAF_BYTES)))) throw new Error('the coders disagree')
    return { ...times, build: kernel.build }
  },

  /** Runs each step of a full stripe on its way out, and the primitive under it, over the same bytes. */
  async store({ k, n }: Code) {
    const coding = createCoding(crypto.subtle, freeBytes)
    const kernel = createErasureKernel()
    const t = shardCountFor(n)
    const leaves = SLICE_BYTES / LEAF_BYTES
    const plain = noise(k * RECORD_PLAIN_BYTES)
    const stripe = noise(k * SLICE_BYTES)
    const slices = noise(t * SLICE_BYTES)
    const target = noise(n * SLICE_BYTES)
    const spares = kernel.columns(t - k)
    const data = dataSlices({ k, t }, stripe)
    const rows = codingRows({ k, t }, numbers(k, t))
    const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt'])
    const bare = bareKernel()
    return fastest(15, {
      seal: async () => coding.release(await coding.seal(sealJob, plain)),
      'bare encrypt': async () => {
        for (const record of numbers(0, k)) {
          const bytes = plain.subarray(record * RECORD_PLAIN_BYTES, (record + 1) * RECORD_PLAIN_BYTES)
          await crypto.subtle.encrypt({ name: 'AES-GCM', iv: new Uint8Array(12).fill(record) }, key, bytes)
        }
      },
      code: () => {
        for (const leaf of numbers(0, leaves)) {
          const column = data.map((slice) => slice.subarray(leaf * LEAF_BYTES, (leaf + 1) * LEAF_BYTES))
          kernel.combine(rows, column, spares)
        }
      },
      'bare kernel': () => {
        for (let leaf = 0; leaf < leaves; leaf++) bare(t - k, k)
      },
      digest: () => coding.digestLeaves(slices),
      'bare digest': async () => {
        for (let at = 0; at < slices.length; at += LEAF_BYTES) await crypto.subtle.digest('SHA-256', slices.subarray(at, at + LEAF_BYTES))
      },
      describe: () => coding.digestStripe({ k, t }, stripe),
      encode: async () => coding.release(await coding.encode({ k, t }, stripe, numbers(0, n))),
      'code to send': () => {
        const some = rows.slice(0, n - k)
        for (const leaf of numbers(0, leaves)) {
          const column = data.map((slice) => slice.subarray(leaf * LEAF_BYTES, (leaf + 1) * LEAF_BYTES))
          kernel.combine(some, column, spares.slice(0, n - k))
        }
      },
      'bare copy': () => target.set(slices.subarray(0, target.length)),
    })
  },
}

export type Stages = typeof stages

/** Returns the inner loop alone, on memory that nobody fills, since it takes the same time for any bytes. */
function bareKernel(): (rows: number, slices: number) => void {
  const stride = LEAF_BYTES + 64
  const memory = new WebAssembly.Memory({ initial: 300, maximum: 300 })
  const text = [relaxed, fixed].find((build) => WebAssembly.validate(bytesOf(build))) ?? fixed
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytesOf(text)), { env: { memory } })
  const combine = exports['combine'] as (...numbers: number[]) => void
  const data = 4 * 65_536
  return (rows, slices) => combine(data + slices * stride + 1, data, 0, rows, slices, stride, LEAF_BYTES)
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
}

expose(stages)
