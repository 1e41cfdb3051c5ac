import type { Changes } from '../../flow/changes.ts'
import type { Limiter } from '../../flow/limiter.ts'
import type { OwnerKeyring } from '../vault/owner.ts'
import { type PlaceParts } from '../placing/place-segment.ts'
import type { Vault } from '../vault/vault.ts'
import type { Journal } from './journal.ts'
import type { PeerId } from '../../core/ids.ts'

/** The tools of the owner's side. */
export interface StoreTools extends PlaceParts {
  readonly journal: Journal
  readonly keyring: OwnerKeyring
  readonly vault: Vault
  /** Told whenever anything about an own file has changed. */
  readonly changes: Changes
  readonly limiter: Limiter
  /** The time before which a person who refused is not asked again, Unix milliseconds. */
  readonly refusedUntil: Map<PeerId, number>
}
