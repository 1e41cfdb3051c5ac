import type { PeerSnapshot } from '../../peer/index.ts'
import type { PageMemory } from '../surroundings.ts'

/** The offer when this page was last open, shown until the peer knows the current one. Sizes in bytes. */
export type LastOffer = Pick<PeerSnapshot['give'], 'isOn' | 'offerBytes' | 'usedBytes'>

const name = 'last-offer'

/** Remembers the current offer. */
export function rememberOffer(memory: PageMemory, { isOn, offerBytes, usedBytes }: LastOffer): void {
  const said = JSON.stringify([isOn, offerBytes, usedBytes])
  if (memory.read(name) !== said) memory.write(name, said)
}

/** Returns the remembered offer; undefined when there is none or it makes no sense. */
export function recallOffer(memory: PageMemory): LastOffer | undefined {
  try {
    const said: unknown = JSON.parse(memory.read(name) ?? '')
    if (!Array.isArray(said)) return undefined
    const [isOn, offerBytes, usedBytes]: readonly unknown[] = said
    const isSize = (size: unknown): size is number => typeof size === 'number' && Number.isSafeInteger(size) && size >= 0
    return typeof isOn === 'boolean' && isSize(offerBytes) && isSize(usedBytes) ? { isOn, offerBytes, usedBytes } : undefined
  } catch {
    return undefined
  }
}
