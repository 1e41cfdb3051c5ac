import type { Changes } from '../../flow/changes.ts'
import type { Lanes } from '../../flow/limiter.ts'
import type { OwnerKeeper } from '../vault/owner.ts'
import { type PlaceParts } from '../placing/place-segment.ts'
import type { Vault } from '../vault/vault.ts'
import type { Journal } from './journal.ts'
import type { PeerId } from '../../core/ids.ts'

/** What the owner's side works with. */
export interface StoreTools extends PlaceParts {
  readonly journal: Journal
  readonly keeper: OwnerKeeper
  readonly vault: Vault
  /** Called out whenever anything of an own file changed. */
  readonly changes: Changes
  readonly lanes: Lanes
  /** Until when a person who refused is not asked again, Unix milliseconds. */
  readonly refusedUntil: Map<PeerId, number>
}
