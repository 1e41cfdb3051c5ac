import { isSilenced } from '../../core/healing/evidence.ts'
import type { PeerId } from '../../core/ids.ts'
import type { Policy } from '../../core/policy.ts'
import type { ConductBook } from '../people/evidence/conduct-book.ts'
import type { People } from '../people/people.ts'
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
  /** Before then, by the clock for papers, it does not come to be lost. */
  dueAt: number
}

/** What is known of people. */
interface WatchedPeople extends Pick<People, 'notLostUntil'> {
  readonly conduct: Pick<ConductBook, 'of' | 'version'>
  readonly papers: Pick<People['papers'], 'passed'>
}

/**
 * Returns a watch of nobody. While nobody's conduct changes, only those are looked at who may have come to be lost: most are out of the question
 * for hours.
 * @param lostSince returns since when a holder is given up, Unix milliseconds; undefined while it is not
 */
export function createPartnerWatch(
  self: PeerId,
  { conduct, papers, notLostUntil }: WatchedPeople,
  { lostAfterMs }: Policy['presence'],
  lostSince: (holder: RollHolder) => number | undefined,
): PartnerWatch {
  const partners = new Map<PeerId, Partner>()
  /** When the first of them is due, when `fallen` was asked last, both by the clock for papers, and of what conduct that was. */
  let [dueAt, askedAt, version] = [-Infinity, -Infinity, -1]

  /** Notes how `partner` stands now, and tells whether it has fallen since it was last noted. Nothing is made: this is asked about everybody. */
  function look(peer: PeerId, partner: Partner): boolean {
    const known = conduct.of(peer)
    const isFalse = known.isLiar || isSilenced(known, lostAfterMs)
    const isLost = lostSince(partner.holder) !== undefined
    const hasFallen = (isLost && !partner.isLost) || (isFalse && !partner.isFalse) || known.voidedAt > partner.voidedAt
    partner.isLost = isLost
    partner.isFalse = isFalse
    partner.voidedAt = known.voidedAt
    partner.dueAt = notLostUntil(peer, isLost)
    return hasFallen
  }

  return {
    note(roll) {
      for (const holder of roll.all()) {
        const peer = holder.holder
        if (peer === self) continue
        const known = partners.get(peer)
        const partner = known ?? { holder, isLost: false, isFalse: false, voidedAt: 0, dueAt: 0 }
        if (known === undefined) {
          look(peer, partner)
          dueAt = Math.min(dueAt, partner.dueAt)
        } else if (holder.takenAt > known.holder.takenAt) known.holder = holder
        partners.delete(peer)
        partners.set(peer, partner)
        const [first] = partners.keys()
        if (partners.size > PEOPLE_AT_MOST && first !== undefined) partners.delete(first)
      }
    },
    fallen() {
      const now = papers.passed()
      const areAllDue = conduct.version() !== version || now < askedAt
      askedAt = now
      if (!areAllDue && now < dueAt) return []
      version = conduct.version()
      dueAt = Infinity
      const fallen: PeerId[] = []
      for (const [peer, partner] of partners) {
        if ((areAllDue || partner.dueAt <= now) && look(peer, partner)) fallen.push(peer)
        dueAt = Math.min(dueAt, partner.dueAt)
      }
      return fallen
    },
  }
}
