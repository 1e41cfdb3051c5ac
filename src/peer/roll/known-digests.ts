import { byteText, fromByteText } from '../../core/bytes.ts'
import type { GroupId } from '../../core/ids.ts'
import type { GroupDigests } from '../../protocol/sync-messages.ts'
import type { ComparedGroups } from './compared-groups.ts'
import { digestsOf } from './group-digests.ts'

/** The digests of a group, and the state of which they are. */
interface Known {
  readonly version: number
  readonly mark: unknown
  readonly logMark: string | undefined
  /** As text, one character a byte: an array takes ten times as much. */
  readonly paper: string
  readonly holders: string
}

/** Groups that are remembered; some 200 bytes each. */
const GROUPS_AT_MOST = 65_536

/**
 * Returns a function that resolves with the digests of a group as it is now, and computes them once for each of its states: a device with
 * 10,000 groups compares all of them with a dozen neighbours several times a day, and hardly any of them has changed.
 * @param of returns where a group is known
 */
export function createKnownDigests(
  of: (groupId: GroupId) => Pick<ComparedGroups, 'paper' | 'roll' | 'paperMark' | 'logMark'>,
): (groupId: GroupId) => Promise<GroupDigests> {
  const knownByGroup = new Map<string, Known>()

  return async (groupId) => {
    const [name, groups] = [byteText(groupId), of(groupId)]
    const roll = groups.roll(groupId)
    const [version, mark, logMark] = [roll.version(), groups.paperMark(groupId), groups.logMark?.(groupId)]
    const known = knownByGroup.get(name)
    if (known?.version === version && known.mark === mark && known.logMark === logMark)
      return { paper: fromByteText(known.paper), holders: fromByteText(known.holders) }
    const paper = await groups.paper(groupId)
    const digests = digestsOf(paper, roll, logMark)
    // What changed while the paper was read is seen by the next look.
    if (knownByGroup.size >= GROUPS_AT_MOST) knownByGroup.clear()
    if (roll.version() === version)
      knownByGroup.set(name, { version, mark, logMark, paper: byteText(digests.paper), holders: byteText(digests.holders) })
    return digests
  }
}
