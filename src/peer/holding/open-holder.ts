import { flag, objectFormat, uint } from '../../core/encoding.ts'
import type { CatalogChange } from '../../ports/catalog.ts'
import type { PeerParts } from '../api/peer-parts.ts'
import { createHolder, type Holder, type HolderParts } from './holder.ts'
import type { Offer } from './space.ts'

/** The holder's side of a peer, which remembers the person's offer. */
export type RememberingHolder = Omit<Holder, 'setOffer'> & {
  /** Lends so much from now on, also after a restart; `beside` is on disk with it or not at all. */
  setOffer(offer: Offer, beside?: readonly CatalogChange[]): Promise<void>
}

const OFFER = 'offer'
const offerFormat = objectFormat('offer', 64, { isOn: flag, offerBytes: uint() })

/** Opens the holder's side with the last offer, or the default one. Throws what `createHolder` throws. */
export async function openHolder(
  parts: PeerParts,
  asked: Pick<HolderParts, 'keepsForMe' | 'lostSince' | 'isServable' | 'papers' | 'evidence'>,
): Promise<RememberingHolder> {
  const remembered = await parts.catalog.get('self', OFFER)
  const offer = remembered === undefined ? parts.defaultOffer : offerFormat.decode(remembered)
  const host = await createHolder({ ...parts, ...asked, offer })
  return {
    ...host,
    async setOffer(next, beside = []) {
      await parts.catalog.commit([{ table: 'self', key: OFFER, value: offerFormat.encode(next) }, ...beside])
      host.setOffer(next)
    },
  }
}
