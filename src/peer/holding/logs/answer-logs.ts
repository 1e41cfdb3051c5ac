import { hex } from '../../../core/bytes.ts'
import type { GroupId, GroupKey } from '../../../core/ids.ts'
import { isCovered } from '../../../core/vault/frontier.ts'
import { checkLogEntry, keepEntry, type CheckedLogEntry, type KeptLog, readLogEntry } from '../../../core/vault/log-entry.ts'
import type { Turn } from '../../../flow/turns.ts'
import type { LogHost } from '../../../protocol/log/log-messages.ts'
import { refused } from '../../../protocol/refusal.ts'
import { type HolderState, isOver } from '../keeping/keep-shards.ts'
import type { Space } from '../space.ts'
import type { Work } from '../work.ts'
import { type KeptLogs, MAX_JOINED_FLOORS } from './kept-logs.ts'

/** Returns this holder's answers to LOG-PUT and LOG-GET. SPEC LOG. */
export function createLogAnswers(parts: {
  readonly state: HolderState
  readonly logs: KeptLogs
  readonly space: Pick<Space, 'checkClaims'>
  readonly work: Work
  /** Tells whether pieces of a group may be served. SPEC SYN6. */
  readonly isServable: (groupId: GroupId) => boolean
  readonly inTurn: Turn
  /** Tells those who compare the group with others. SPEC LOG4. */
  readonly groupChanged: (groupId: GroupId) => void
  readonly changed: () => void
}): LogHost {
  const { state, logs, space, work, isServable, inTurn, groupChanged, changed } = parts
  const { papers, keptShards, groups } = state

  /** Resolves with the key of a group of which a shard is kept. Throws UNKNOWN | EXPIRED. */
  async function keyOf(groupId: GroupId): Promise<GroupKey> {
    const rows = keptShards.ofGroup(groupId)
    const paper = await groups.paper(groupId)
    const facts = groups.facts(groupId)
    if (rows.length === 0 || !paper || !facts) throw refused('UNKNOWN')
    if (paper.is === 'tombstone' || isOver(facts, papers.passed()) || rows.every(({ trashedAt }) => trashedAt !== undefined))
      throw refused('EXPIRED')
    return paper.charter.groupKey
  }

  /** Returns the log with the entry. What changes nothing costs no check. Throws FULL. */
  function withEntry(log: KeptLog, read: CheckedLogEntry, check: () => CheckedLogEntry): KeptLog {
    const { answer, log: next } = keepEntry(log, read)
    if (answer === 'known' || answer === 'covered') return log
    check()
    if (answer === 'full' || next.floors.size > MAX_JOINED_FLOORS) throw refused('FULL')
    return next
  }

  return {
    putLog: (peer, groupId, entries) =>
      inTurn(async () => {
        const groupKey = await keyOf(groupId)
        const log = await logs.find(groupId)
        let next = log
        try {
          for (const bytes of entries)
            next = withEntry(next, readLogEntry(bytes), () => work.check(peer, () => checkLogEntry(bytes, groupKey)))
        } finally {
          // What came before a wrong entry is kept.
          if (next !== log) {
            const payer = groups.facts(groupId)?.bookedOn
            const more = bytesOf(next) - bytesOf(log)
            if (payer && more > 0) space.checkClaims(payer, more, 'placed')
            await logs.replace(groupId, log, next)
            groupChanged(groupId)
            changed()
          }
        }
      }),
    getLog: async (groupId, have) => {
      await keyOf(groupId)
      if (!isServable(groupId)) throw refused('BUSY')
      const { entries } = await logs.find(groupId)
      return entries
        .filter(({ slot, seq }) => !isCovered(have, slot, seq))
        .toSorted((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1))
        .map(({ bytes }) => bytes)
    },
  }
}

/** A chain is told from its beginning on, so that a part of the answer is of use. */
function orderOf({ slot, seq, digest }: CheckedLogEntry): string {
  return `${slot}/${String(seq).padStart(16, '0')}/${hex(digest)}`
}

function bytesOf({ entries }: KeptLog): number {
  return entries.reduce((sum, { bytes }) => sum + bytes.length, 0)
}
