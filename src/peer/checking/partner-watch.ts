import { isSilenced } from '../../core/healing/evidence.ts'
import type { PeerId } from '../../core/ids.ts'
import type { Policy } from '../../core/policy.ts'
import type { ConductBook } from '../people/evidence/conduct-book.ts'
import type { Roll, RollHolder } from '../roll/roll.ts'

/** Watches the people who keep pieces of groups, so that a loss is noticed when it is declared and not a period later. */
export interface PartnerWatch {
  /** Notes the holders of a group that was looked at. */
  note(roll: Roll): void
  /** Returns those who were lost, or found to be false, since the last look. */
  fallen(): readonly PeerId[]
}

/** Most people who are watched, those met last in the groups: as many as a device remembers. Others are found out when a group is looked at. */
const PEOPLE_AT_MOST = 2_000
/** Longest time between two looks at them. */
const LOOK_EVERY_MS = 60_000

/** Returns the milliseconds between two looks at whether somebody has fallen: an eighth of the shortest silence by which anybody is lost, a minute at most. */
export function lookForLossesMs({ lostAfterMs }: Policy['presence']): number {
  return Math.min(LOOK_EVERY_MS, Math.max(1_000, lostAfterMs / 32))
}

/** Whatever makes the pieces of a person count less. */
interface Partner {
  /** The newest of its claims, of all that were noted: before that is old, none of its pieces is lost. */
  holder: RollHolder
  isLost: boolean
  isFalse: boolean
  voidedAt: number
}

/**
 * Returns a watch of nobody.
 * @param lostSince returns since when a holder is given up, Unix milliseconds; undefined while it is not
 */
export function createPartnerWatch(
  self: PeerId,
  { conduct }: { readonly conduct: Pick<ConductBook, 'of'> },
  { lostAfterMs }: Policy['presence'],
  lostSince: (holder: RollHolder) => number | undefined,
): PartnerWatch {
  const partners = new Map<PeerId, Partner>()

  /** Notes how `partner` stands now, and tells whether it has fallen since it was last noted. Nothing is made: this is asked about everybody. */
  function look(peer: PeerId, partner: Partner): boolean {
    const known = conduct.of(peer)
    const isFalse = known.isLiar || isSilenced(known, lostAfterMs)
    const isLost = lostSince(partner.holder) !== undefined
    const hasFallen = (isLost && !partner.isLost) || (isFalse && !partner.isFalse) || known.voidedAt > partner.voidedAt
    partner.isLost = isLost
    partner.isFalse = isFalse
    partner.voidedAt = known.voidedAt
    return hasFallen
  }

  return {
    note(roll) {
      for (const holder of roll.all()) {
        const peer = holder.holder
        if (peer === self) continue
        const known = partners.get(peer)
        const partner = known ?? { holder, isLost: false, isFalse: false, voidedAt: 0 }
        if (known === undefined) look(peer, partner)
        else if (holder.takenAt > known.holder.takenAt) known.holder = holder
        partners.delete(peer)
        partners.set(peer, partner)
        const [first] = partners.keys()
        if (partners.size > PEOPLE_AT_MOST && first !== undefined) partners.delete(first)
      }
    },
    fallen() {
      const fallen: PeerId[] = []
      for (const [peer, partner] of partners) if (look(peer, partner)) fallen.push(peer)
      return fallen
    },
  }
}
