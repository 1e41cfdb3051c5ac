import { flag, objectFormat, uint } from '../core/encoding.ts'
import type { Bytes } from '../core/bytes.ts'
import { codeOf } from '../core/errors.ts'
import type { PeerId } from '../core/ids.ts'
import { handleGroup } from '../protocol/group.ts'
import { handleShard } from '../protocol/shard.ts'
import type { PeerSnapshot } from './api.ts'
import { createHost as createHolder, type KeptView } from './host-shards.ts'
import type { Offer } from './host-space.ts'
import type { PeerParts } from './parts.ts'

/** What this peer keeps for others, with the offer remembered and the conversations answered. */
export interface Host {
  /** What hello says of it. Sizes in bytes. */
  facts(): { readonly isHolder: boolean; readonly offer: number; readonly room: number; readonly storeEpoch: Bytes }
  view(): PeerSnapshot['give']
  kept(): Promise<readonly KeptView[]>
  /** Bytes kept that `peer` placed. */
  keptFor(peer: PeerId): number
  /** Lends so much from now on, over restarts too. Throws like `Catalog`. */
  setOffer(offer: Offer): Promise<void>
  watch(listener: () => void): () => void
  close(): Promise<void>
}

const offerFormat = objectFormat('offer', 32, { isOn: flag, offerBytes: uint() })

/**
 * Returns the host over this device's disk and answers `shard` and `group` from now on.
 * @param keepsForMe verified bytes of this device's own files that a peer keeps; nobody keeps anything when absent
 * @throws HoardError 'storage-full' | 'storage-damaged' | 'storage-unavailable'
 */
export async function createHost(parts: PeerParts, keepsForMe?: (peer: PeerId) => number): Promise<Host> {
  const { network, clock, catalog } = parts
  const holder = await createHolder({ ...parts, offer: await rememberedOffer(parts), keepsForMe })
  handleShard(network, clock, holder)
  handleGroup(network, clock, holder)

  return {
    facts: () => {
      const { isOn, offerBytes, roomBytes, storeEpoch } = holder.facts()
      return { isHolder: isOn, offer: isOn ? offerBytes : 0, room: roomBytes, storeEpoch }
    },
    view: () => {
      const { isOn, offerBytes, usedBytes, pieces, owners, isDiskFull } = holder.facts()
      const trouble = isDiskFull ? { trouble: { code: 'storage-full', facts: { usedBytes, offerBytes } } as const } : {}
      return { isOn, offerBytes, usedBytes, pieces, owners, ...trouble }
    },
    kept: async () => holder.kept(),
    keptFor: (peer) => holder.keptFor(peer),
    setOffer: async (offer) => {
      await catalog.commit([{ table: 'self', key: 'offer', value: offerFormat.encode(offer) }])
      holder.setOffer(offer)
    },
    watch: (listener) => holder.watch(listener),
    close: async () => holder.close(),
  }
}

async function rememberedOffer({ catalog, defaultOffer }: PeerParts): Promise<Offer> {
  const value = await catalog.get('self', 'offer')
  try {
    return value ? offerFormat.decode(value) : defaultOffer
  } catch (error) {
    if (codeOf(error) === undefined) throw error
    return defaultOffer
  }
}
