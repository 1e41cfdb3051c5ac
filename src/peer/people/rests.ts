import { sayRest } from '../../protocol/hello.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Network } from '../../ports/network.ts'
import type { PeerId } from '../../core/ids.ts'
import type { Person } from './person.ts'

/** Ends connections in agreement with their far side. */
export interface Rests {
  /** Tells `peer` and ends the connection to it. Never throws. */
  rest(peer: PeerId): Promise<void>
  /** Tells whether `peer` is being told. */
  isEnding(peer: PeerId): boolean
  /** Notes that `peer` ends the connection and stays reachable. */
  note(peer: PeerId): void
}

/** Returns rests after which a person counts as here for `hereMs`; `onOver` is called when that is over. Source: protocol SPEC HEL4. */
export function createRests(
  { network, clock }: { readonly network: Network; readonly clock: Clock },
  {
    of,
    hereMs,
    usedAt,
    onOver,
  }: {
    readonly of: (peer: PeerId) => Person
    readonly hereMs: number
    /** When the connection to `peer` was last of use. */
    readonly usedAt: (peer: PeerId) => number
    readonly onOver: () => void
  },
  signal: AbortSignal,
): Rests {
  const ending = new Set<PeerId>()
  const resting = new Set<PeerId>()

  /** Waits until `person` rests no longer; one wait at a time, however often it says so. */
  async function outlast(person: Person): Promise<void> {
    if (resting.has(person.peer)) return
    resting.add(person.peer)
    try {
      for (let left = hereMs; left > 0; left = person.restsUntil - clock.now()) await clock.wait(left, { signal })
      onOver()
    } finally {
      resting.delete(person.peer)
    }
  }

  const note = (peer: PeerId): void => {
    const person = of(peer)
    person.seenAt = clock.now()
    person.restsUntil = clock.now() + hereMs
    outlast(person).catch(() => undefined)
  }
  return {
    note,
    isEnding: (peer) => ending.has(peer),
    async rest(peer) {
      ending.add(peer)
      const before = usedAt(peer)
      try {
        await sayRest(network, clock, peer, { signal })
        note(peer)
      } catch {
        // A far side that does not answer has gone.
      }
      ending.delete(peer)
      // Both may go on with it: a rest that was said does no harm.
      if (usedAt(peer) === before) network.release(peer)
    },
  }
}
