import { drawSome } from '../../core/draw-some.ts'
import { createChanges } from '../../flow/changes.ts'
import type { Clock } from '../../ports/clock.ts'
import type { PeerId } from '../../core/ids.ts'

/** What decides which connections stay while nobody uses them. Times are those of the clock's `ran`. */
export interface IdleParts {
  readonly self: PeerId
  /** Connections that stay open while nothing is said over them. An open one costs a Chromium page some 7 MB a day each way. */
  readonly neighbours: number
  readonly clock: Clock
  /** Peers at the other end of a direct connection that is no relay's. */
  readonly lines: () => readonly PeerId[]
  /** Peers through which others reach this one: their connections stay. */
  readonly hops: () => readonly PeerId[]
  /** How many groups `peer` and this device share. */
  readonly groupsWith: (peer: PeerId) => number
  /** People with whom this device shares groups and who can be dialled. */
  readonly partners: () => readonly PeerId[]
  /** Opens a connection to `peer` and greets it. Never throws. */
  readonly dial: (peer: PeerId) => Promise<unknown>
  /** Returns a random number in [0, 1). */
  readonly draw: () => number
  /** When the connection to `peer` was last of use; that it was opened counts. */
  readonly usedAt: (peer: PeerId) => number
  /** Ends the connection to `peer` in agreement. Never throws. */
  readonly rest: (peer: PeerId) => Promise<void>
}

/** Ends connections that nobody uses, and exchanges one of those that stay every hour. */
export interface IdleLines {
  /** The connections have changed. */
  look(): void
  /** Returns the peers beyond the neighbours, the least wanted first. */
  beyond(): readonly PeerId[]
  /** Goes on until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>
}

/** Time without use after which a connection ends. */
const IDLE_MS = 300_000
const LOOK_EVERY_MS = 60_000
/** Time after which one of the neighbours makes room for somebody else who shares groups: news goes round in more than one circle. */
const EXCHANGE_EVERY_MS = 3_600_000
/** Share of the excess that ends in one look: both sides see what the other has ended, and nobody is left with too few. */
const SHARE = 0.25

/** Returns the ending of idle connections beyond the neighbours. Source: protocol SPEC USE3. */
export function createIdleLines({ self, neighbours, clock, lines, hops, ...parts }: IdleParts): IdleLines {
  const { groupsWith, partners, dial, draw, usedAt, rest } = parts
  const changes = createChanges()
  /** Who stays for this hour, whatever its place in the order. */
  let guest: PeerId | undefined
  let exchangeAt = clock.ran() + EXCHANGE_EVERY_MS

  const excess = (): number => Math.max(0, lines().length - neighbours)
  const beyond = (): readonly PeerId[] => {
    const most = excess()
    if (most === 0) return []
    const kept = new Set(guest === undefined ? hops() : [...hops(), guest])
    const ranked = nearestFirst(self, lines(), groupsWith).filter((peer) => !kept.has(peer))
    return ranked.toReversed().slice(0, most)
  }

  /** Dials somebody who shares groups and is not connected; whoever is least wanted of the others then ends. */
  const exchange = async (): Promise<void> => {
    exchangeAt = clock.ran() + EXCHANGE_EVERY_MS
    const open = new Set(lines())
    if (open.size < neighbours) return
    const [next] = drawSome(
      partners().filter((peer) => !open.has(peer)),
      1,
      draw,
    )
    if (next === undefined) return
    guest = next
    await dial(next)
  }

  return {
    look: changes.tell,
    beyond,
    async run(signal) {
      while (!signal.aborted) {
        if (lines().length <= neighbours) await changes.nextWithin(clock, Math.max(0, exchangeAt - clock.ran()), signal)
        await clock.wait(LOOK_EVERY_MS, { signal })
        if (clock.ran() >= exchangeAt) await exchange()
        const isIdle = (peer: PeerId): boolean => clock.ran() - usedAt(peer) >= IDLE_MS
        const idle = beyond().filter(isIdle)
        // While others are told, a line may come into use.
        for (const peer of idle.slice(0, Math.ceil(SHARE * excess()))) if (isIdle(peer) && lines().includes(peer)) await rest(peer)
      }
    },
  }
}

/**
 * Returns `peers`, those first with whom `self` shares most groups, then by a lot that is the same from either side: the two ends of a connection
 * agree on how much it is wanted.
 */
export function nearestFirst(self: PeerId, peers: readonly PeerId[], groupsWith: (peer: PeerId) => number): readonly PeerId[] {
  const rankOf = new Map(peers.map((peer) => [peer, { bond: groupsWith(peer), lot: lotOf(self, peer) }]))
  const nothing = { bond: 0, lot: 0 }
  return peers.toSorted((a, b) => {
    const [one, other] = [rankOf.get(a) ?? nothing, rankOf.get(b) ?? nothing]
    return other.bond - one.bond || other.lot - one.lot
  })
}

/** Source: FNV-1a, 32 bits; nothing depends on its being hard to foresee. */
function lotOf(a: PeerId, b: PeerId): number {
  const text = a < b ? a + b : b + a
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash >>> 0
}
