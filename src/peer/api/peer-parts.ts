import type { Bytes } from '../../core/bytes.ts'
import type { Policy } from '../../core/policy.ts'
import type { Catalog } from '../../ports/catalog.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Coder } from '../../ports/coder.ts'
import type { Directory } from '../../ports/directory.ts'
import type { Network, NetworkControl } from '../../ports/network.ts'
import type { Outbox } from '../../ports/outbox.ts'
import type { Random } from '../../ports/random.ts'
import type { ShardStore } from '../../ports/shard-store.ts'
import type { Signer } from '../../ports/signer.ts'

/** The ports and settings of a peer; the composition roots build them. */
export interface PeerParts {
  readonly network: Network
  readonly control: NetworkControl
  readonly directory: Directory
  readonly shards: ShardStore
  readonly catalog: Catalog
  readonly outbox: Outbox
  readonly coder: Coder
  readonly signer: Signer
  readonly clock: Clock
  readonly random: Random
  /** This device's storage key, 32 bytes: wraps the root and the journal until a lock is set. */
  readonly storageKey: Bytes
  readonly policy: Policy
  /** The name of its engine in hello: `chromium`, `firefox`, `safari`, `node`, … */
  readonly engine: string
  /** Whether the platform promised not to evict this origin's storage. */
  readonly isPersisted: boolean
  /** The offer until the person makes one. */
  readonly defaultOffer: { readonly isOn: boolean; readonly offerBytes: number }
  /** Calls `listener` whenever the device or the page woke, or its network came or went; returns how to stop. */
  readonly watchWakes?: (listener: () => void) => () => void
  /** Tells whether the person sees the app now; always, where that is not known. */
  readonly isVisible?: () => boolean
  /** Set in the practice swarm: one stranger may use the whole offer. */
  readonly allowance?: 'whole-offer'
  /** Deletes everything that this device keeps, keys included. */
  readonly removeAll: () => Promise<void>
}
