import { hex, type Bytes } from '../../../core/bytes.ts'
import type { GroupId, PeerId } from '../../../core/ids.ts'
import { type Frontier, isCovered } from '../../../core/vault/frontier.ts'
import { MAX_FLOORS, type KeptLog } from '../../../core/vault/log-entry.ts'
import type { Clock } from '../../../ports/clock.ts'
import type { Network } from '../../../ports/network.ts'
import type { AskOptions } from '../../../protocol/conversation.ts'
import { getLog, putLog } from '../../../protocol/log/ask-log.ts'
import type { ComparedGroups } from '../compared-groups.ts'

/** Entries at the end of each chain that are asked for although they are here: a fork begins there as a rule. SPEC LOG4. */
const TIP_ENTRIES = 4

/**
 * Resolves once this device and `peer` have each other's entries of a group's log; does nothing where neither a log is kept here nor the
 * group is announced.
 * @throws HoardError of `getLog` and `putLog`, and of `ComparedGroups.takeLog`
 * Source: protocol SPEC.md LOG4.
 */
export async function exchangeLog(
  { network, clock }: { readonly network: Network; readonly clock: Clock },
  groups: ComparedGroups,
  peer: PeerId,
  groupId: GroupId,
  asking: AskOptions,
): Promise<void> {
  if (!groups.log || !groups.takeLog) return
  const paper = await groups.paper(groupId)
  if (paper?.is !== 'charter' || (groups.logMark?.(groupId) === undefined && paper.charter.announce === undefined)) return
  const mine = await groups.log(groupId)
  const have = hadForSure(mine)
  const theirs = await getLog(network, clock, peer, groupId, [...have], asking)
  const known = new Set(theirs.map(hex))
  const missing: Bytes[] = mine.entries
    .filter(({ slot, seq, bytes }) => !isCovered(have, slot, seq) && !known.has(hex(bytes)))
    .map(({ bytes }) => bytes)
  if (theirs.length > 0) await groups.takeLog(peer, groupId, theirs)
  if (missing.length > 0) await putLog(network, clock, peer, groupId, missing, asking)
}

/** Returns how far the chains are whole above the floors, without the last entries of each. */
function hadForSure({ floors, entries }: KeptLog): Frontier {
  const slots = new Set(entries.map(({ slot }) => slot))
  const whole = new Map([...floors].slice(0, MAX_FLOORS))
  for (const slot of slots) {
    const seqs = new Set(entries.filter((entry) => entry.slot === slot).map(({ seq }) => seq))
    let end = floors.get(slot) ?? -1
    while (seqs.has(end + 1)) end++
    const had = end - TIP_ENTRIES
    if (had >= 0 && had > (floors.get(slot) ?? -1)) whole.set(slot, had)
  }
  return whole
}
