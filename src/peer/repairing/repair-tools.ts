import { isThere } from '../../core/healing/presence.ts'
import type { PieceSeen } from '../../core/healing/repair-need.ts'
import type { PeerId } from '../../core/ids.ts'
import type { Bucket } from '../../protocol/pace/bucket.ts'
import type { PeerParts } from '../api/peer-parts.ts'
import type { Checking, CheckedGroups } from '../checking/check-holders.ts'
import type { KnownPieces } from '../checking/known-pieces.ts'
import type { StripeReader } from '../fetching/read-stripes.ts'
import type { GuardedGroups, GuardedPiece } from '../holding/guarded-groups.ts'
import type { Holder } from '../holding/holder.ts'
import type { People } from '../people/people.ts'
import type { GroupSync } from '../roll/sync-groups.ts'
import type { Refusers } from './refusers.ts'
import type { Scratch } from './scratch.ts'

/** What repairs work with, in the rooms beside this one. */
export interface Guardianship {
  readonly parts: PeerParts
  readonly people: People
  readonly holder: Pick<Holder, 'guarded' | 'compared' | 'read' | 'takeChecked'>
  readonly known: KnownPieces
  readonly checking: Pick<Checking, 'check'>
  /** The groups of which pieces are kept here, as they are checked. */
  readonly checked: CheckedGroups
  readonly sync: Pick<GroupSync, 'ask'>
}

/** The same, and what all repairs of this device share. */
export interface RepairTools extends Guardianship {
  readonly guarded: GuardedGroups
  readonly scratch: Scratch
  readonly stripes: StripeReader
  readonly refusers: Refusers
  /** Bounds what all repairs fetch and send together. */
  readonly budget: Bucket
  readonly count: RepairCount
}

/** What repairs did since the start. */
export interface RepairCount {
  /** Pieces that new holders keep. */
  placed: number
  fetchedBytes: number
  sentBytes: number
}

/** Returns every row about the segment of `piece` as it counts here. */
export function rowsOf({ known, guarded }: Pick<RepairTools, 'known' | 'guarded'>, piece: GuardedPiece): readonly PieceSeen<PeerId>[] {
  return known.of(guarded.roll(piece.groupId), piece.segmentId)
}

/** Tells whether a row counts: its holder is not lost, and it is proven or told. Core SPEC RPR1. */
export function counts({ standing, isLost }: Pick<PieceSeen, 'standing' | 'isLost'>): boolean {
  return !isLost && (standing === 'proven' || standing === 'told')
}

/** Tells whether `peer` is believed to be there: it is here, or was seen within 2.5 beacon periods. Core SPEC PRS1. */
export function isBelievedThere({ people, parts }: Pick<RepairTools, 'people' | 'parts'>, peer: PeerId): boolean {
  const person = people.known(peer)
  if (person === undefined || person.lies > 0) return false
  const seenAt = Math.max(person.seenAt, person.seenBefore)
  return person.isHere || isThere(seenAt, parts.clock.now(), parts.policy.presence.beaconMs)
}
