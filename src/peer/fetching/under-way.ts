import { LEAF_BYTES } from '../../core/sizes.ts'
import type { PeerId } from '../../core/ids.ts'
import type { Clock } from '../../ports/clock.ts'
import { SMALLEST_FRAME_BYTES } from '../../protocol/limits.ts'
import { createLineMeter, type LineMeter } from './line-meter.ts'
import type { ProbedHolder } from './queue-watch.ts'
import type { Path } from './read-window.ts'
import type { Part } from './stripe-job.ts'

/** A part that was asked for. `job` is whom it is for. */
export interface Ask<Job> {
  readonly job: Job
  readonly part: Part
  readonly bytes: number
  readonly at: number
  cameBytes: number
  isHedged: boolean
  isGivenUp: boolean
}

/** What a reader has asked for and has not got, over all holders, and who of them is late. */
export interface UnderWay<Job> {
  /** How fast bytes come from everybody. */
  readonly total: LineMeter
  ask(job: Job, part: Part, bytes: number): Ask<Job>
  /** Notes that `bytes` of an ask came. */
  take(ask: Ask<Job>, bytes: number): void
  /** Notes that nothing more of an ask comes. */
  end(ask: Ask<Job>): void
  askOf(part: Part): Ask<Job> | undefined
  /** Waits for nothing of `peer` any more, and returns what it owed. */
  giveUp(peer: PeerId): readonly Ask<Job>[]
  /** Returns how fast bytes come from `peer`, and how many bytes and asks it owes. */
  of(peer: PeerId): { readonly rate: number | undefined; readonly bytes: number; readonly asks: number }
  holders(): readonly ProbedHolder[]
  cameBytes(): number
  /** Returns the rate of the middle one of all holders of which anything came. */
  usualRate(): number | undefined
  path(): Path
  /** Returns the bytes that are under way, without those of holders that are overdue: nothing of them stands in this device's line. */
  expectedBytes(): number
  /** Tells whether nothing came of `peer` for longer than such patience lasts. */
  isOverdue(peer: PeerId, patience: Patience): boolean
  /** Returns the holders to give up: overdue for good, while others send. */
  lost(): readonly PeerId[]
  /** Returns after how many milliseconds `peer` would have sent all it owes; 0 while nothing of it came. */
  owedMs(peer: PeerId): number
  /** Tells whether nothing comes of anybody. */
  isStill(): boolean
}

interface Holder<Job> {
  readonly meter: LineMeter
  readonly asks: Set<Ask<Job>>
  /** Bytes that had come from everybody when the last of its own came, and those that were to come before any more of its own. */
  cameAtMove: number
  aheadAtMove: number
}

/** For what it is asked whether a holder is late: whether the window waits for it, whether somebody else is asked as well, whether it is left. */
export type Patience = keyof typeof PATIENCE

/** A holder is late after a multiple of what its next bytes should take, within these bounds, milliseconds. */
const [LEAST_LATE_MS, FIRST_LATE_MS, MOST_LATE_MS] = [300, 1_000, 2_500]
/** How many times as long that is. A holder of which nothing came yet may send as slowly as `slowShare` of what everybody sends. */
const PATIENCE = {
  'for the window': { times: 1.5, leastUnseenMs: LEAST_LATE_MS, slowShare: 1 },
  'for the reader': { times: 3, leastUnseenMs: LEAST_LATE_MS, slowShare: 2 },
  'for good': { times: 3, leastUnseenMs: 1_000, slowShare: 8 },
} as const
/** Holders share this device's line, but not evenly: so much more than what is ahead of a holder's bytes may come before them. */
const AHEAD_SHARE = 1.25

/** Returns the account of a reader that has asked for nothing. `roundTripTo` gives the shortest round trip to a holder, milliseconds. */
export function createUnderWay<Job>(clock: Pick<Clock, 'ran'>, roundTripTo: (peer: PeerId) => number): UnderWay<Job> {
  const holders = new Map<PeerId, Holder<Job>>()
  const total = createLineMeter(clock)
  let cameBytes = 0
  /** When the latest question was asked of which something came. */
  let answeredAskAt = 0

  const holderOf = (peer: PeerId): Holder<Job> => {
    const known = holders.get(peer)
    if (known !== undefined) return known
    const holder: Holder<Job> = { meter: createLineMeter(clock), asks: new Set(), cameAtMove: 0, aheadAtMove: 0 }
    holders.set(peer, holder)
    return holder
  }

  function noteMove(holder: Holder<Job>): void {
    holder.cameAtMove = cameBytes
    holder.aheadAtMove = expectedBytes()
  }

  function giveBack({ part, bytes, cameBytes: came }: Ask<Job>): void {
    holderOf(part.peer).meter.giveUp(bytes - came)
    total.giveUp(bytes - came)
  }

  function expectedBytes(): number {
    let sum = 0
    for (const [peer, { meter }] of holders) if (meter.underWay > 0 && !isOverdue(peer, 'for the window')) sum += meter.underWay
    return sum
  }

  /** Tells whether somebody who was asked well after the last bytes of `holder` came has answered: this device's line is not what is late. */
  function isPassedBy({ meter }: Holder<Job>): boolean {
    return answeredAskAt > meter.movedAt + FIRST_LATE_MS
  }

  /** Nobody is to blame for what stands in this device's own line. */
  function isOverdue(peer: PeerId, patience: Patience): boolean {
    const holder = holderOf(peer)
    const { meter } = holder
    if (meter.underWay === 0) return false
    const { times, leastUnseenMs, slowShare } = PATIENCE[patience]
    const silentMs = clock.ran() - meter.movedAt
    const [rate, own] = [total.shownRate(), meter.shownRate()]
    if (rate === undefined) return silentMs > (patience === 'for good' ? MOST_LATE_MS : roundTripTo(peer) + FIRST_LATE_MS)
    const inLineMs = isPassedBy(holder) ? 0 : (holder.aheadAtMove * 1000) / rate
    const frameMs = (SMALLEST_FRAME_BYTES * 1000) / (own ?? rate / slowShare)
    const usualMs = roundTripTo(peer) + inLineMs + (own === undefined ? frameMs : (LEAF_BYTES * 1000) / own)
    const leastMs = own === undefined ? leastUnseenMs : LEAST_LATE_MS
    return silentMs > Math.max(leastMs, Math.min(times * usualMs, MOST_LATE_MS + inLineMs + times * frameMs))
  }

  return {
    total,
    ask(job, part, bytes) {
      const ask: Ask<Job> = { job, part, bytes, at: clock.ran(), cameBytes: 0, isHedged: false, isGivenUp: false }
      const holder = holderOf(part.peer)
      const hasRested = holder.meter.underWay === 0
      holder.asks.add(ask)
      holder.meter.ask(bytes)
      total.ask(bytes)
      if (hasRested) noteMove(holder)
      return ask
    },
    take(ask, bytes) {
      const holder = holderOf(ask.part.peer)
      const owed = Math.min(bytes, ask.bytes - ask.cameBytes)
      ask.cameBytes += owed
      answeredAskAt = Math.max(answeredAskAt, ask.at)
      cameBytes += bytes
      if (!ask.isGivenUp) {
        holder.meter.take(owed)
        total.take(owed)
      }
      noteMove(holder)
    },
    end(ask) {
      holderOf(ask.part.peer).asks.delete(ask)
      if (!ask.isGivenUp) giveBack(ask)
    },
    askOf: (part) => [...holderOf(part.peer).asks].find((ask) => ask.part === part),
    giveUp(peer) {
      const owed = [...holderOf(peer).asks].filter(({ isGivenUp }) => !isGivenUp)
      for (const ask of owed) {
        ask.isGivenUp = true
        giveBack(ask)
      }
      return owed
    },
    of(peer) {
      const { meter, asks } = holderOf(peer)
      return { rate: meter.rate(), bytes: meter.underWay, asks: asks.size }
    },
    holders: () => [...holders].map(([peer, { meter }]) => ({ peer, isBusy: meter.underWay > 0 })),
    cameBytes: () => cameBytes,
    usualRate() {
      const rates = [...holders.values()].flatMap(({ meter }) => meter.rate() ?? []).toSorted((a, b) => a - b)
      return rates[Math.floor(rates.length / 2)]
    },
    path() {
      const trips = [...holders].flatMap(([peer, { meter }]) => (meter.underWay > 0 ? [roundTripTo(peer)] : []))
      return { rate: total.rate() ?? 0, roundTripMs: trips.length > 0 ? Math.min(...trips) : 0 }
    },
    expectedBytes,
    isOverdue,
    lost: () =>
      [...holders].flatMap(([peer, holder]) => {
        const isNext = cameBytes - holder.cameAtMove > AHEAD_SHARE * holder.aheadAtMove + LEAF_BYTES
        return (isNext || isPassedBy(holder)) && isOverdue(peer, 'for good') ? [peer] : []
      }),
    owedMs(peer) {
      const { meter } = holderOf(peer)
      const rate = meter.rate()
      return rate === undefined ? 0 : (meter.underWay * 1000) / rate
    },
    isStill: () => clock.ran() - total.movedAt > FIRST_LATE_MS,
  }
}
