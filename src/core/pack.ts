import { assert } from './errors.ts'

/** A place in a pack, in bytes of the pack's plaintext. */
export interface PackPlace {
  readonly offset: number
  readonly length: number
}

/** A file of a drop, named by its index there, and its place in its pack. */
interface PackMember extends PackPlace {
  readonly at: number
}

/** One pack that is to be stored as a file of `size` bytes. */
interface PackPlan {
  readonly size: number
  /** In the order of the drop, without gaps. */
  readonly members: readonly PackMember[]
}

/** A file of fewer bytes is small. SPEC PCK1. */
export const SMALL_FILE_BYTES = 1_048_576
/** Most bytes of a pack: one segment for every row of the code. SPEC PCK2. */
export const MAX_PACK_BYTES = 14 * 1_048_576

/**
 * Returns the packs of a drop; a file that lies in no pack is stored by itself.
 * @param sizes bytes of every dropped file, in order
 * Source: SPEC.md PCK1, PCK2.
 */
export function planPacks(sizes: readonly number[]): readonly PackPlan[] {
  const plans: { size: number; members: PackMember[] }[] = []
  for (const [at, length] of sizes.entries()) {
    if (length >= SMALL_FILE_BYTES) continue
    let plan = plans.at(-1)
    if (plan === undefined || plan.size + length > MAX_PACK_BYTES) plans.push((plan = { size: 0, members: [] }))
    plan.members.push({ at, offset: plan.size, length })
    plan.size += length
  }
  return plans.filter(({ members }) => members.length > 1)
}

/**
 * Returns the parts of a pack that `places` take, by rising offset: what several take counts once, and parts that touch are one.
 * Source: SPEC.md PCK6.
 */
export function liveParts(places: Iterable<{ readonly offset: number; readonly size: number }>): readonly PackPlace[] {
  const parts: { offset: number; length: number }[] = []
  for (const { offset, size } of [...places].toSorted((a, b) => a.offset - b.offset)) {
    const last = parts.at(-1)
    if (last === undefined || last.offset + last.length < offset) parts.push({ offset, length: size })
    else last.length = Math.max(last.length, offset + size - last.offset)
  }
  return parts
}

/**
 * Returns what is to be done with a pack of `size` bytes of which only `live` is left, as `liveParts` returns it.
 * Source: SPEC.md PCK3.
 */
export function packCare(size: number, live: readonly PackPlace[]): 'keep' | 'rewrite' | 'end' {
  if (live.length === 0) return 'end'
  const liveBytes = live.reduce((sum, { length }) => sum + length, 0)
  assert(liveBytes <= size, 'what is named in a pack lies within it')
  return 2 * liveBytes < size ? 'rewrite' : 'keep'
}
