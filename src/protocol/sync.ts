import type { Bytes } from '../core/bytes.ts'
import { codeOf } from '../core/errors.ts'
import type { PeerId } from '../core/ids.ts'
import type { Clock } from '../ports/clock.ts'
import type { Network } from '../ports/network.ts'
import { type AskOptions, converse, outOfTurn, receiveMessage, sendMessage } from './conversation.ts'
import { groupAnswers, groupRequests } from './group.ts'
import { refused } from './refusal.ts'
import type { BeaconsSaid, Compared, ComparedRow, PlacedSum, RepairSaid } from './sync-messages.ts'

/** The outcome at a peer that drops the stream of a kind: it does not know it, and is not asked again that day. SPEC SYN1. */
export type NotSpoken = 'not spoken'

/**
 * Returns which of `rows`, 1 to 1,024 of them, differ from what `peer` knows, and of which groups it has nothing.
 * @throws HoardError 'holder-refused' | 'peer-unreachable' | 'holder-silent' | 'wire-malformed' | 'stream-closed' (no stream was opened);
 * `signal.reason`
 * Source: SPEC.md SYN2.
 */
export async function askToCompare(
  network: Network,
  clock: Clock,
  peer: PeerId,
  rows: readonly ComparedRow[],
  options: AskOptions = {},
): Promise<Compared | NotSpoken> {
  const isOfRows = (place: number): boolean => place < rows.length
  return ask(network, clock, peer, { is: 'compare', rows }, options, (answer) => {
    if (answer.is !== 'compared') return undefined
    const { differing, unknown } = answer
    const missing = new Set(unknown)
    const isSound = unknown.every(isOfRows) && differing.every(({ place }) => isOfRows(place) && !missing.has(place))
    return isSound ? { differing, unknown } : undefined
  })
}

/**
 * Returns what `peer` has instead of those of `sums`, a power of two of them up to 256, that differ from what it knows.
 * Throws like `askToCompare`. Source: SPEC.md SYN8.
 */
export async function askToSum(
  network: Network,
  clock: Clock,
  peer: PeerId,
  sums: readonly Bytes[],
  options: AskOptions = {},
): Promise<readonly PlacedSum[] | NotSpoken> {
  return ask(network, clock, peer, { is: 'sums', sums }, options, (answer) => {
    const isSound = answer.is === 'summed' && answer.differing.every(({ place }) => place < sums.length)
    return isSound ? answer.differing : undefined
  })
}

/**
 * Tells `peer` whose beacons are wanted and hands it beacons; returns what it says in turn, unchecked.
 * Throws like `askToCompare`. Source: SPEC.md SYN4.
 */
export async function exchangeBeacons(
  network: Network,
  clock: Clock,
  peer: PeerId,
  { wanted, beacons }: BeaconsSaid,
  options: AskOptions = {},
): Promise<BeaconsSaid | NotSpoken> {
  return ask(network, clock, peer, { is: 'beacons', ...(wanted && { wanted }), beacons }, options, (answer) =>
    answer.is === 'beacons' ? { ...(answer.wanted && { wanted: answer.wanted }), beacons: answer.beacons } : undefined,
  )
}

/**
 * Resolves once `peer` knows how this device's repair of a segment goes.
 * Throws like `askToCompare`, UNKNOWN where `peer` keeps nothing of the segment. Source: SPEC.md SYN5.
 */
export async function sayRepairing(
  network: Network,
  clock: Clock,
  peer: PeerId,
  { segmentId, course }: RepairSaid,
  options: AskOptions = {},
): Promise<'noted' | NotSpoken> {
  return ask(network, clock, peer, { is: 'repairing', segmentId, course }, options, ({ is }) => (is === 'noted' ? is : undefined))
}

/** Sends one request over a stream of its own and returns what `read` makes of the answer; undefined is an answer out of turn. */
async function ask<T>(
  network: Network,
  clock: Clock,
  peer: PeerId,
  request: Parameters<typeof groupRequests.encode>[0],
  options: AskOptions,
  read: (answer: ReturnType<typeof groupAnswers.decode>) => T | undefined,
): Promise<T | NotSpoken> {
  return converse<T | NotSpoken>(network, clock, peer, 'group', options, async (wire) => {
    try {
      await sendMessage(wire, groupRequests, request, options)
      const answer = await receiveMessage(wire, groupAnswers, options)
      if (answer.is === 'refused') throw refused(answer.refusal)
      return read(answer) ?? outOfTurn(wire, answer.is)
    } catch (error) {
      if (codeOf(error) !== 'stream-closed') throw error
      return 'not spoken'
    }
  })
}
