import { flag, objectFormat, uint } from '../../core/encoding.ts'
import { createHost, type Host } from './holder.ts'
import type { PaperTime } from '../people/paper-clock.ts'
import type { PeerParts } from '../api/peer-parts.ts'

/** The holder's side, remembering what the person offers. */
export type RememberingHost = Omit<Host, 'setOffer'> & {
  /** Lends so much from now on, also after a restart. */
  setOffer(offer: { readonly isOn: boolean; readonly offerBytes: number }): Promise<void>
}

const OFFER = 'offer'
const offerFormat = objectFormat('offer', 64, { isOn: flag, offerBytes: uint() })

/** Opens the holder's side with the offer that was made last, or the default one. Throws what `createHost` throws. */
export async function openHost(
  parts: PeerParts,
  keepsForMe: () => ReadonlyMap<string, number>,
  papers: PaperTime,
): Promise<RememberingHost> {
  const remembered = await parts.catalog.get('self', OFFER)
  const offer = remembered === undefined ? parts.defaultOffer : offerFormat.decode(remembered)
  const host = await createHost({ ...parts, offer, keepsForMe, papers })
  return {
    ...host,
    async setOffer(next) {
      await parts.catalog.commit([{ table: 'self', key: OFFER, value: offerFormat.encode(next) }])
      host.setOffer(next)
    },
  }
}
