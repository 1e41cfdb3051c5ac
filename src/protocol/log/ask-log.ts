import type { Bytes } from '../../core/bytes.ts'
import type { GroupId, PeerId } from '../../core/ids.ts'
import type { Slot } from '../../core/vault/entry-id.ts'
import { MAX_LOG_BYTES } from '../../core/vault/log-entry.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Network } from '../../ports/network.ts'
import { type AskOptions, converse, outOfTurn, receiveMessage, sendMessage } from '../conversation.ts'
import { countFitting, groupAnswers, groupRequests, PAGE_BYTES } from '../group.ts'
import { refused } from '../refusal.ts'

/** How far somebody has the chain of a slot: everything up to `seq`. */
export type Floor = readonly [slot: Slot, seq: number]

/**
 * Resolves once `peer` has the entries of the group's log on disk. Long lists go in several messages; what came before a refusal is kept.
 * @throws HoardError 'holder-refused' (FULL: they do not fit above the floors) | 'peer-unreachable' | 'holder-silent' | 'wire-malformed' |
 * 'stream-closed' (also by a peer that does not speak the kind); `signal.reason`
 * Source: SPEC.md LOG1.
 */
export function putLog(
  network: Network,
  clock: Clock,
  peer: PeerId,
  groupId: GroupId,
  entries: readonly Bytes[],
  options: AskOptions = {},
): Promise<void> {
  return converse(network, clock, peer, 'group', options, async (wire) => {
    for (let rest = entries; rest.length > 0;) {
      const page = rest.slice(0, countFitting(rest, PAGE_BYTES))
      rest = rest.slice(page.length)
      await sendMessage(wire, groupRequests, { is: 'log-put', groupId, entries: page }, options)
      const message = await receiveMessage(wire, groupAnswers, options)
      if (message.is === 'refused') throw refused(message.refusal)
      if (message.is !== 'logged') outOfTurn(wire, message.is)
    }
  })
}

/**
 * Returns the entries of the group's log at `peer` that `have`, at most 80 slots, does not cover: 262,144 bytes at most, both sides of a
 * fork. Nothing in them is checked.
 * @throws HoardError 'holder-refused' (UNKNOWN: it keeps no shard of the group) and the others of `putLog`
 * Source: SPEC.md LOG2.
 */
export function getLog(
  network: Network,
  clock: Clock,
  peer: PeerId,
  groupId: GroupId,
  have: readonly Floor[],
  options: AskOptions = {},
): Promise<readonly Bytes[]> {
  return converse(network, clock, peer, 'group', options, async (wire) => {
    const entries: Bytes[] = []
    let bytes = 0
    for (;;) {
      await sendMessage(wire, groupRequests, { is: 'log-get', groupId, have: new Map(have), from: entries.length }, options)
      const message = await receiveMessage(wire, groupAnswers, options)
      if (message.is === 'refused') throw refused(message.refusal)
      if (message.is !== 'log' || (message.isMore && message.entries.length === 0)) return outOfTurn(wire, message.is)
      bytes += message.entries.reduce((sum, entry) => sum + entry.length, 0)
      if (bytes > MAX_LOG_BYTES) outOfTurn(wire, message.is)
      entries.push(...message.entries)
      if (!message.isMore) return entries
    }
  })
}
