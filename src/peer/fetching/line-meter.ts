import type { Clock } from '../../ports/clock.ts'

/** What is known of how fast bytes come: over the line to one holder, or over all of them. */
export interface LineMeter {
  /** Bytes that were asked for and have not come. */
  readonly underWay: number
  /** When the last bytes came, or the first were asked for after a rest; milliseconds of the clock that runs. */
  readonly movedAt: number
  /** Notes that `bytes` are asked for now. */
  ask(bytes: number): void
  /** Notes that `bytes` of what was asked for have come. */
  take(bytes: number): void
  /** Notes that `bytes` of what was asked for will not come. */
  giveUp(bytes: number): void
  /** Returns bytes per second while anything was under way, the silence of this moment included; undefined before the first came. */
  rate(): number | undefined
  /** The same without the silence of this moment. */
  shownRate(): number | undefined
}

/** What was seen so long ago weighs e times less than what is seen now. */
const MEMORY_MS = 1_000
/** Clocks count whole milliseconds. */
const SHORTEST_MS = 1

/** Returns a meter that has seen nothing. Time in which nothing is under way does not count. */
export function createLineMeter(clock: Pick<Clock, 'ran'>): LineMeter {
  let underWay = 0
  let movedAt = clock.ran()
  /** Bytes that came, and milliseconds in which they did, both fading. */
  let seen: { readonly bytes: number; readonly ms: number } | undefined

  function restsBefore(): void {
    if (underWay === 0) movedAt = clock.ran()
  }

  return {
    get underWay() {
      return underWay
    },
    get movedAt() {
      return movedAt
    },
    ask(bytes) {
      restsBefore()
      underWay += bytes
    },
    take(bytes) {
      const ms = Math.max(seen === undefined ? SHORTEST_MS : 0, clock.ran() - movedAt)
      const fading = Math.exp(-ms / MEMORY_MS)
      seen = { bytes: (seen?.bytes ?? 0) * fading + bytes, ms: (seen?.ms ?? 0) * fading + ms }
      movedAt = clock.ran()
      underWay = Math.max(0, underWay - bytes)
    },
    giveUp(bytes) {
      underWay = Math.max(0, underWay - bytes)
    },
    shownRate: () => (seen === undefined ? undefined : (seen.bytes * 1000) / seen.ms),
    rate() {
      if (seen === undefined) return undefined
      const silentMs = underWay === 0 ? 0 : clock.ran() - movedAt
      return (seen.bytes * 1000) / (seen.ms + silentMs)
    },
  }
}
