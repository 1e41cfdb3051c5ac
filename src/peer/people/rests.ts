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
  { of, hereMs, onOver }: { readonly of: (peer: PeerId) => Person; readonly hereMs: number; readonly onOver: () => void },
  signal: AbortSignal,
): Rests {
  const ending = new Set<PeerId>()

  const note = (peer: PeerId): void => {
    const person = of(peer)
    person.seenAt = clock.now()
    person.restsUntil = clock.now() + hereMs
    clock.wait(hereMs, { signal }).then(onOver, () => undefined)
  }
  return {
    note,
    isEnding: (peer) => ending.has(peer),
    async rest(peer) {
      ending.add(peer)
      try {
        await sayRest(network, clock, peer, { signal })
        note(peer)
      } catch {
        // A far side that does not answer has gone.
      }
      ending.delete(peer)
      network.release(peer)
    },
  }
}
