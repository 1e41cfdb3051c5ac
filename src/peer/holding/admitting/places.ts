import type { Clock } from '../../../ports/clock.ts'
import { refused } from '../../../protocol/refusal.ts'
import type { PeerId } from '../../../core/ids.ts'

/** Stores of one peer under way at once. SPEC ADM2. */
const STORES_PER_PEER = 4
/** Stores under way at once. SPEC ADM2. */
const STORES_AT_ONCE = 16
/** Least mean rate of a store over its whole time; a slower one is refused. SPEC STO5. */
const SLOWEST_STORE_BYTES_PER_SECOND = 4096
/** Time that a store has to get going before that rate counts. SPEC STO5. */
const HEAD_START_MS = 60_000
/** Where others want places or room, a store slower than so many bytes per second gives way once it has had so long. SPEC ADM2. */
const [SLOWEST_WHERE_CROWDED, HEAD_START_WHERE_CROWDED_MS] = [65_536, 2_000]

/** A shard being written. */
export interface UnderWay {
  readonly peer: PeerId
  /** Aborted to end its stream. */
  readonly signal: AbortSignal
  /** Notes that `bytes` more came. Throws RATE when the store is too slow on the whole. SPEC STO5. */
  note(bytes: number): void
  /** Ends its stream; resolves once the stream has ended. */
  giveWay(): Promise<void>
  /** Notes that its stream has ended. */
  end(): void
}

/** The places for stores, and the shard being written at each. Names are hexadecimal shard ids. */
export interface Places {
  /** Takes a place; resolves with a function that gives it back. Throws BUSY when `peer` has too many, or when all stay taken. */
  take(peer: PeerId): Promise<() => void>
  find(name: string): UnderWay | undefined
  begin(name: string, peer: PeerId): UnderWay
  /** Ends the slowest store that is slow enough to give way and whose peer `mayGiveWay` accepts. Resolves with whether there was one. */
  makeWay(mayGiveWay?: (peer: PeerId) => boolean): Promise<boolean>
}

/** Returns the places, all free. */
export function createPlaces(clock: Clock): Places {
  const storesByPeer = new Map<PeerId, number>()
  const underWay = new Map<string, UnderWay>()
  const rates = new Map<UnderWay, () => number>()
  let stores = 0

  async function makeWay(mayGiveWay: (peer: PeerId) => boolean = () => true): Promise<boolean> {
    const slow = [...rates]
      .map(([store, rate]) => ({ store, rate: rate() }))
      .filter(({ store, rate }) => rate < SLOWEST_WHERE_CROWDED && mayGiveWay(store.peer))
      .toSorted((a, b) => a.rate - b.rate)
    await slow[0]?.store.giveWay()
    return slow.length > 0
  }

  return {
    async take(peer) {
      const own = (): number => storesByPeer.get(peer) ?? 0
      if (own() >= STORES_PER_PEER) throw refused('BUSY')
      if (stores >= STORES_AT_ONCE) await makeWay((other) => other !== peer)
      if (stores >= STORES_AT_ONCE || own() >= STORES_PER_PEER) throw refused('BUSY')
      stores++
      storesByPeer.set(peer, own() + 1)
      let isTaken = true
      return () => {
        if (!isTaken) return
        isTaken = false
        stores--
        const left = own() - 1
        if (left > 0) storesByPeer.set(peer, left)
        else storesByPeer.delete(peer)
      }
    },
    find: (name) => underWay.get(name),
    begin(name, peer) {
      const ending = new AbortController()
      const beganAt = clock.ran()
      let brought = 0
      let end = (): void => undefined
      const over = new Promise<void>((resolve) => (end = resolve))
      const store: UnderWay = {
        peer,
        signal: ending.signal,
        note: (bytes) => {
          // A deadline for each frame is not enough: frames that come just in time could hold a place for days.
          if (clock.ran() - beganAt > HEAD_START_MS + (brought * 1000) / SLOWEST_STORE_BYTES_PER_SECOND) throw refused('RATE')
          brought += bytes
        },
        giveWay: async () => {
          ending.abort(refused('BUSY'))
          await over
        },
        end: () => {
          rates.delete(store)
          if (underWay.get(name) === store) underWay.delete(name)
          end()
        },
      }
      underWay.set(name, store)
      rates.set(store, () => {
        const ms = clock.ran() - beganAt
        return ms < HEAD_START_WHERE_CROWDED_MS ? Infinity : (brought * 1000) / ms
      })
      return store
    },
    makeWay,
  }
}
