import type { Bytes } from '../../core/bytes.ts'
import type { Descriptor } from '../../core/descriptor.ts'
import type { PeerId } from '../../core/ids.ts'
import { stripeSpan, type StripeSpan } from '../../core/segment.ts'
import { LEAF_BYTES, SLICE_BYTES } from '../../core/sizes.ts'
import type { Coder } from '../../ports/coder.ts'

/** A run of leaves of one slice that is asked of one holder. Leaves are counted within the slice. */
export interface Part {
  readonly index: number
  readonly peer: PeerId
  readonly firstLeaf: number
  readonly leaves: number
}

/** Which records of a stripe are wanted, counted in it. */
export interface WantedRecords {
  readonly first: number
  readonly last: number
}

/** One stripe that is being read: which leaves of which slices have come, and which are on their way. */
export interface StripeJob {
  readonly span: StripeSpan
  /** Leaves of each slice. */
  readonly leaves: number
  /**
   * Returns how many different slices still have to be asked for at `leaf`, beside those that came or are on their way; where single slices
   * are wanted, of those alone.
   */
  lacks(leaf: number): number
  /** Returns how many of the slices that it takes are not there at `leaf`, on their way or not. */
  misses(leaf: number): number
  /** Tells whether the slice `index` is of use at `leaf`: wanted, and neither there nor on its way. */
  isOpen(index: number, leaf: number): boolean
  /** Tells whether any leaf of the slice `index` is there or on its way. */
  isBegun(index: number): boolean
  /** Parts that are on their way and of use: with others that came meanwhile, their leaves are not yet enough. */
  awaited(): readonly Part[]
  /** Tells whether only single slices are wanted. */
  isSingle(): boolean
  begin(part: Part): void
  /** Notes that a part came, proven: all its leaves, one after the other. */
  take(part: Part, bytes: Bytes): void
  /** Notes that a part will not come, or not in time. */
  drop(part: Part): void
  /** Takes any k slices from now on, not single ones. Returns whether that changes anything. */
  takeAny(): boolean
  /** Tells whether everything that is wanted is there. */
  isDone(): boolean
  /** Returns the wanted records as one, rebuilt where slices of data are missing; called once, when the job is done. */
  assemble(coder: Coder): Promise<Bytes>
}

/** Some leaves of a slice. */
interface Came {
  readonly part: Part
  readonly bytes: Bytes
}

/** Returns the job of reading stripe number `stripe` of the segment that `descriptor` describes, of which nothing is there. */
export function createStripeJob({ k, sealedLength, shardIds }: Descriptor, stripe: number, { first, last }: WantedRecords): StripeJob {
  const span = stripeSpan(sealedLength, k, stripe)
  const leaves = Math.ceil(span.sliceBytes / LEAF_BYTES)
  const isFull = span.length === k * SLICE_BYTES
  const cameByIndex = new Map<number, Came[]>()
  const underWay = new Set<Part>()
  // Few records of a full stripe are slices of it: nothing else is fetched for them, and nothing decoded.
  let single = isFull && last - first + 1 < k ? { first, last } : undefined

  const covers = ({ firstLeaf, leaves: count }: Part, leaf: number): boolean => leaf >= firstLeaf && leaf < firstLeaf + count
  const came = (index: number, leaf: number): boolean => cameByIndex.get(index)?.some(({ part }) => covers(part, leaf)) ?? false
  const comes = (index: number, leaf: number): boolean => [...underWay].some((part) => part.index === index && covers(part, leaf))
  const isWanted = (index: number): boolean => single === undefined || (index >= single.first && index <= single.last)
  const wantedSlices = (): number => (single === undefined ? k : single.last - single.first + 1)
  const countAt = (leaf: number): number => [...cameByIndex.keys()].filter((index) => isWanted(index) && came(index, leaf)).length
  const isThere = (leaf: number): boolean => countAt(leaf) >= wantedSlices()

  /** Returns the slices of which the stripe is put together at `leaf`: data where there is any, then those of which most is there. */
  function chosenAt(leaf: number): readonly number[] {
    const there = [...cameByIndex.keys()].filter((index) => isWanted(index) && came(index, leaf))
    const leavesOf = (index: number): number => (cameByIndex.get(index) ?? []).reduce((sum, { part }) => sum + part.leaves, 0)
    const rank = (index: number): number => (index < k ? 0 : 1)
    const sorted = there.toSorted((a, b) => rank(a) - rank(b) || leavesOf(b) - leavesOf(a) || a - b)
    return sorted.slice(0, wantedSlices()).toSorted((a, b) => a - b)
  }

  /** Runs of leaves that are put together of the same slices. */
  function runs(): { readonly from: number; to: number; readonly indexes: readonly number[] }[] {
    const found: { from: number; to: number; indexes: readonly number[] }[] = []
    for (let leaf = 0; leaf < leaves; leaf++) {
      const indexes = chosenAt(leaf)
      const before = found.at(-1)
      if (before !== undefined && before.indexes.join() === indexes.join()) before.to = leaf + 1
      else found.push({ from: leaf, to: leaf + 1, indexes })
    }
    return found
  }

  const offsetOf = (leaf: number): number => Math.min(span.sliceBytes, leaf * LEAF_BYTES)

  /** Copies leaves `from` to `to` of the slice `index` to `target`. */
  function copyLeaves(index: number, from: number, to: number, target: Bytes): void {
    for (const { part, bytes } of cameByIndex.get(index) ?? []) {
      const first = Math.max(from, part.firstLeaf)
      const last = Math.min(to, part.firstLeaf + part.leaves)
      if (first >= last) continue
      const base = offsetOf(part.firstLeaf)
      target.set(bytes.subarray(offsetOf(first) - base, offsetOf(last) - base), offsetOf(first) - offsetOf(from))
    }
  }

  /** Returns leaves `from` to `to` of the slice `index`: the very bytes that came where they are one part. */
  function runOf(coder: Coder, index: number, from: number, to: number): Bytes {
    const whole = cameByIndex.get(index)?.find(({ part }) => part.firstLeaf === from && part.leaves === to - from)
    if (whole !== undefined) return whole.bytes
    const bytes = coder.spare(offsetOf(to) - offsetOf(from))
    copyLeaves(index, from, to, bytes)
    return bytes
  }

  function releaseAll(coder: Coder): void {
    for (const { bytes } of [...cameByIndex.values()].flat()) coder.release(bytes)
    cameByIndex.clear()
  }

  return {
    span,
    leaves,
    lacks(leaf) {
      const begun = new Set(cameByIndex.keys())
      for (const { index } of underWay) begun.add(index)
      const there = [...begun].filter((index) => isWanted(index) && (came(index, leaf) || comes(index, leaf))).length
      return Math.max(0, wantedSlices() - there)
    },
    misses: (leaf) => Math.max(0, wantedSlices() - countAt(leaf)),
    isOpen: (index, leaf) => isWanted(index) && !came(index, leaf) && !comes(index, leaf),
    isBegun: (index) => cameByIndex.has(index) || [...underWay].some((part) => part.index === index),
    awaited: () =>
      [...underWay].filter((part) => {
        for (let leaf = part.firstLeaf; leaf < part.firstLeaf + part.leaves; leaf++) if (!isThere(leaf)) return true
        return false
      }),
    isSingle: () => single !== undefined,
    begin: (part) => void underWay.add(part),
    take(part, bytes) {
      underWay.delete(part)
      cameByIndex.set(part.index, [...(cameByIndex.get(part.index) ?? []), { part, bytes }])
    },
    drop: (part) => void underWay.delete(part),
    takeAny() {
      const isChange = single !== undefined
      single = undefined
      return isChange
    },
    isDone() {
      for (let leaf = 0; leaf < leaves; leaf++) if (!isThere(leaf)) return false
      return true
    },
    async assemble(coder) {
      const code = { k, t: shardIds.length }
      const whole = runs()
      const isData = (indexes: readonly number[]): boolean => isFull && indexes.every((index) => index < k)
      const take = (indexes: readonly number[], from: number, to: number): { readonly index: number; readonly bytes: Bytes }[] => {
        const slices = indexes.map((index) => ({ index, bytes: runOf(coder, index, from, to) }))
        for (const { bytes } of slices) forget(cameByIndex, bytes)
        return slices
      }
      const [only] = whole
      if (whole.length === 1 && only !== undefined && !isData(only.indexes)) {
        const slices = take(only.indexes, 0, leaves)
        releaseAll(coder)
        const stripe = await coder.decode(code, slices, span.length)
        return stripe.subarray(first * SLICE_BYTES, (last + 1) * SLICE_BYTES)
      }
      const from0 = isFull ? first : 0
      const to0 = isFull ? last : k - 1
      const records = coder.spare((to0 - from0 + 1) * span.sliceBytes)
      for (const { from, to, indexes } of whole) {
        const runBytes = offsetOf(to) - offsetOf(from)
        const target = (index: number): Bytes => {
          const start = (index - from0) * span.sliceBytes + offsetOf(from)
          return records.subarray(start, start + runBytes)
        }
        if (isData(indexes)) {
          for (const index of indexes) if (index >= from0 && index <= to0) copyLeaves(index, from, to, target(index))
          continue
        }
        const rebuilt = await coder.decode(code, take(indexes, from, to), k * runBytes)
        for (let index = from0; index <= to0; index++) target(index).set(rebuilt.subarray(index * runBytes, (index + 1) * runBytes))
        coder.release(rebuilt)
      }
      releaseAll(coder)
      return isFull ? records : records.subarray(0, span.length).subarray(first * SLICE_BYTES, (last + 1) * SLICE_BYTES)
    },
  }
}

/** Forgets a part whose bytes are handed to a worker, which may take them away. */
function forget(cameByIndex: Map<number, Came[]>, bytes: Bytes): void {
  for (const [index, parts] of cameByIndex) {
    cameByIndex.set(
      index,
      parts.filter((part) => part.bytes !== bytes),
    )
  }
}
