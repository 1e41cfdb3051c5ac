import type { GroupKey, GroupId } from './ids.ts'
import { brandBytes } from './ids.ts'
import { labelledHash } from './labels.ts'

/** Returns the id of the group whose charters `groupKey` signs. SPEC GRP2. */
export function groupIdOf(groupKey: GroupKey): GroupId {
  return brandBytes<GroupId>(labelledHash('group', groupKey))
}
