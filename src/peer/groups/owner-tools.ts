import type { Changes } from '../../flow/changes.ts'
import type { KnownPieces } from '../checking/known-pieces.ts'
import type { Limiter } from '../../flow/limiter.ts'
import type { OwnerKeyring } from '../vault/owner.ts'
import { type PlaceParts } from '../placing/place-segment.ts'
import type { RepairNews } from '../roll/tell-repair.ts'
import type { LocalVault } from '../vault/local-vault.ts'
import type { HeardRepairs } from './heard-repairs.ts'
import type { Journal } from './journal.ts'
import type { PeerId } from '../../core/ids.ts'

/** The tools of the owner's side. */
export interface StoreTools extends PlaceParts {
  readonly journal: Journal
  readonly keyring: OwnerKeyring
  readonly vault: LocalVault
  /** Told whenever anything about an own file has changed. */
  readonly changes: Changes
  readonly limiter: Limiter
  /** How much the pieces of own files count now. */
  readonly known: KnownPieces
  /**
   * The same for whoever would send pieces anew: nobody is lost before this device has looked around for a quarter of lostAfterMs, for after
   * a while without it many are merely asleep.
   */
  readonly patient: KnownPieces
  /** What guardians say of their repairs of own files, and what they are told of this device's. */
  readonly repairs: Pick<HeardRepairs, 'isUnderWay'>
  readonly repairNews: RepairNews
  /** Tells whether this device keeps something that the peer placed here. */
  readonly isPartner: (peer: PeerId) => boolean
  /** The time before which a person who refused is not asked again, Unix milliseconds. */
  readonly refusedUntil: Map<PeerId, number>
  /** Those whose last answer was that they have too much to repair for new pieces. Protocol SPEC ADM9. */
  readonly busyRepairing: Set<PeerId>
}
