import { flag, objectFormat, optional, uint } from '../../core/encoding.ts'
import { ignoreKnownErrors } from '../../core/errors.ts'
import type { CatalogChange } from '../../ports/catalog.ts'
import type { PeerParts } from '../api/peer-parts.ts'
import { createHolder, type Holder, type HolderParts } from './holder.ts'
import type { Offer } from './space.ts'

/** The holder's side of a peer, which remembers the person's offer. */
export type RememberingHolder = Omit<Holder, 'setOffer'> & {
  /** Lends so much from now on, also after a restart; `beside` is on disk with it or not at all. */
  setOffer(offer: Omit<Offer, 'since'>, beside?: readonly CatalogChange[]): Promise<void>
}

const OFFER = 'offer'
const offerFormat = objectFormat('offer', 64, { isOn: flag, offerBytes: uint(), since: optional(uint()) })

/** Opens the holder's side with the last offer, or the default one. Throws what `createHolder` throws. */
export async function openHolder(
  parts: PeerParts,
  asked: Pick<HolderParts, 'keepsForMe' | 'lostSince' | 'isServable' | 'evidence' | 'resendRate' | 'waitingBytes'> &
    Required<Pick<HolderParts, 'papers'>>,
): Promise<RememberingHolder> {
  const { catalog, clock, defaultOffer } = parts
  const now = (): number => Math.floor(asked.papers?.passed() ?? clock.now())
  const write = (offer: Offer, beside: readonly CatalogChange[] = []): Promise<void> =>
    catalog.commit([{ table: 'self', key: OFFER, value: offerFormat.encode(offer) }, ...beside])
  const remembered = await catalog.get('self', OFFER)
  // An offer that an earlier version wrote down does not say since when it stands: for long.
  let offer: Offer = remembered === undefined ? { ...defaultOffer, since: now() } : offerFormat.decode(remembered)
  // It began by a clock that was ahead.
  if (offer.since !== undefined && offer.since > now()) offer = { ...offer, since: now() }
  if (remembered === undefined && offer.isOn) await write(offer)
  const noteSince = (since: number): void => {
    offer = { ...offer, since }
    void write(offer).catch(ignoreKnownErrors)
  }
  const host = await createHolder({ ...parts, ...asked, offer, noteSince })
  return {
    ...host,
    async setOffer({ isOn, offerBytes }, beside) {
      const since = offer.isOn ? offer.since : now()
      const next = { isOn, offerBytes, ...(since !== undefined && { since }) }
      await write(next, beside)
      offer = next
      host.setOffer(next)
    },
  }
}
