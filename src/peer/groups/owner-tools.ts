import type { Changes } from '../../flow/changes.ts'
import type { Limiter } from '../../flow/limiter.ts'
import type { OwnerKeyring } from '../vault/owner.ts'
import { type PlaceParts } from '../placing/place-segment.ts'
import type { Vault } from '../vault/vault.ts'
import type { Journal } from './journal.ts'
import type { PeerId } from '../../core/ids.ts'

/** What the owner's side works with. */
export interface StoreTools extends PlaceParts {
  readonly journal: Journal
  readonly keyring: OwnerKeyring
  readonly vault: Vault
  /** Called out whenever anything of an own file changed. */
  readonly changes: Changes
  readonly limiter: Limiter
  /** Until when a person who refused is not asked again, Unix milliseconds. */
  readonly refusedUntil: Map<PeerId, number>
}
