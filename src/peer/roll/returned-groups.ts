import { hex } from '../../core/bytes.ts'
import type { GroupId, PeerId } from '../../core/ids.ts'
import type { Clock } from '../../ports/clock.ts'

/** The groups of a device that was away for long, until each was compared with one co-holder. */
export interface ReturnedGroups {
  /** From now on none of `groupIds` is served before it was compared, or 30 s after its turn has come. */
  begin(groupIds: readonly GroupId[]): void
  noteCompared(groupIds: readonly GroupId[]): void
  /** Notes that `peer` says nothing about `groupIds`. Once nobody is left who could, a group is served: all slept alike. */
  noteUnknown(peer: PeerId, groupIds: readonly GroupId[]): void
  /** Tells whether this device may answer for the group when others compare it: those who slept alike must not vouch for each other. */
  speaksFor(groupId: GroupId): boolean
  /** Tells whether pieces of the group may be served, claimed and repaired. */
  isServable(groupId: GroupId): boolean
  /** Tells whether the turn of the group has come. */
  hasTurn(groupId: GroupId): boolean
  /** Returns the groups that wait to be compared and whose turn has come. */
  due(): readonly GroupId[]
  /** Tells whether no group waits. */
  isOver(): boolean
  /** Tells whether the group waits to be compared. */
  isWaiting(groupId: GroupId): boolean
  /** Tells whether a group whose turn has not come, or is not served for now, waits. */
  isUrgent(): boolean
}

/** Wait for the first co-holder that answers. SPEC SYN6. */
const ANSWER_MS = 30_000
/** Time for which a returned device that nobody has answered answers for nobody itself. SPEC SYN6. */
const SILENT_MS = 600_000
/** Groups whose turn comes together, the time between two turns, and the longest time for all of them. */
const [TURN_GROUPS, TURN_MS, ALL_TURNS_MS] = [256, 10_000, 600_000]

interface Waiting {
  readonly groupId: GroupId
  readonly turnAt: number
  /** Co-holders that said nothing about it. */
  silent: Set<PeerId> | undefined
}

/**
 * Returns no groups.
 * @param othersOf returns the co-holders of a group
 * Source: protocol SPEC.md SYN6.
 */
export function createReturnedGroups(clock: Pick<Clock, 'ran'>, othersOf: (groupId: GroupId) => readonly PeerId[]): ReturnedGroups {
  const waiting = new Map<string, Waiting>()

  /** Tells whether the group was compared, or its turn came `ms` ago. */
  function isPast(groupId: GroupId, ms: number): boolean {
    const group = waiting.size === 0 ? undefined : waiting.get(hex(groupId))
    return group === undefined || clock.ran() >= group.turnAt + ms
  }

  /** Tells whether each co-holder has answered, and none knew more. */
  function isSilent(groupId: GroupId): boolean {
    const silent = waiting.get(hex(groupId))?.silent
    const others = silent === undefined || silent.size === 0 ? [] : othersOf(groupId)
    return silent !== undefined && others.length > 0 && others.every((peer) => silent.has(peer))
  }

  return {
    begin(groupIds) {
      const turns = Math.ceil(groupIds.length / TURN_GROUPS)
      const restMs = Math.min(TURN_MS, ALL_TURNS_MS / Math.max(1, turns))
      const now = clock.ran()
      for (const [at, groupId] of groupIds.entries()) {
        waiting.set(hex(groupId), { groupId, turnAt: now + Math.floor(at / TURN_GROUPS) * restMs, silent: undefined })
      }
    },
    noteCompared: (groupIds) => groupIds.forEach((groupId) => waiting.delete(hex(groupId))),
    speaksFor: (groupId) => isPast(groupId, SILENT_MS),
    noteUnknown(peer, groupIds) {
      for (const groupId of groupIds) {
        const group = waiting.get(hex(groupId))
        if (group) (group.silent ??= new Set()).add(peer)
      }
    },
    isServable: (groupId) => isPast(groupId, ANSWER_MS) || isSilent(groupId),
    hasTurn: (groupId) => isPast(groupId, 0),
    isOver: () => waiting.size === 0,
    isWaiting: (groupId) => waiting.has(hex(groupId)),
    due: () => [...waiting.values()].flatMap(({ groupId, turnAt }) => (turnAt <= clock.ran() ? [groupId] : [])),
    isUrgent: () => [...waiting.values()].some(({ turnAt }) => clock.ran() < turnAt + ANSWER_MS),
  }
}
