import { compareBytes, type Bytes } from '../../core/bytes.ts'
import type { GroupId } from '../../core/ids.ts'
import { labelledHash } from '../../core/labels.ts'
import { DIGEST_BYTES, MAX_SUMS } from '../../protocol/limits.ts'
import type { GroupDigests } from '../../protocol/sync-messages.ts'

/** Fewest groups of which sums are compared: the rows of fewer are hardly longer. */
export const FEWEST_SUMMED = 64
/** Groups of one sum, about: with 10,000 groups a sum costs as much as the rows of the one group in it that differs. */
const GROUPS_OF_A_SUM = 32

/** Returns the number of sums over so many groups: a power of two, at most 256. */
export function sumsFor(groups: number): number {
  let sums = 1
  while (2 * sums * GROUPS_OF_A_SUM <= groups && sums < MAX_SUMS) sums *= 2
  return sums
}

/** Returns the place of a group among that many sums: the first bits of its id. Source: protocol SPEC SYN8. */
export function placeOf(groupId: GroupId, sums: number): number {
  return ((groupId[0] ?? 0) * sums) >> 8
}

/** Returns `sums` sums over what is known of `groupIds`, a power of two of them up to 256. Source: protocol SPEC SYN8. */
export async function sumsOf(
  groupIds: readonly GroupId[],
  sums: number,
  digestsOf: (groupId: GroupId) => Promise<GroupDigests>,
): Promise<readonly Bytes[]> {
  const parts: Bytes[][] = Array.from({ length: sums }, () => [])
  for (const groupId of groupIds.toSorted(compareBytes)) {
    const { paper, holders } = await digestsOf(groupId)
    parts[placeOf(groupId, sums)]?.push(groupId, paper, holders)
  }
  return parts.map((each) => labelledHash('compare-sum', ...each).slice(0, DIGEST_BYTES))
}
