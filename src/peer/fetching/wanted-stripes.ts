import type { Bytes } from '../../core/bytes.ts'
import type { Descriptor } from '../../core/descriptor.ts'
import type { PeerId, SegmentId } from '../../core/ids.ts'
import type { Keeper } from './evidence.ts'
import { createStripeJob, type StripeJob, type WantedRecords } from './stripe-job.ts'

/** A slice that is on this device already, proven. `peer` is this device itself. */
export interface OwnSlice {
  readonly peer: PeerId
  readonly index: number
  readonly bytes: Bytes
}

/** A segment about to be read: its checked descriptor and who keeps which piece, as far as is known by then. */
export interface ReadableSegment {
  readonly segmentId: SegmentId
  readonly descriptor: Descriptor
  keepers(): readonly Keeper[]
  /** Called with every holder whose leaves proved themselves. */
  readonly onProven: (peer: PeerId, index: number) => void
  /** Resolves when it may be worth asking once more, after what is known of the holders was not enough. */
  readonly wait: (error: unknown, signal: AbortSignal) => Promise<void>
  /** Resolves with this device's own slice of a stripe, if it has one that proves itself: nobody is asked for it. Consumed. */
  readonly own?: (stripe: number) => Promise<OwnSlice | undefined>
}

/** A stripe that somebody waits for. */
export interface Wanted {
  readonly segment: ReadableSegment
  readonly stripe: number
  readonly job: StripeJob
  /** Who failed at this stripe since it was last waited for. */
  readonly refused: Set<PeerId>
  /** Reads whose holders keep too few slices, until more is known. */
  isWaiting: boolean
  /** How often a worker died over its bytes. */
  deaths: number
  lastError: unknown
  readonly signal: AbortSignal
  settle(outcome: 'done' | { readonly error: unknown }): void
}

/** The stripes of a read that are not there yet. */
export interface WantedStripes {
  /** Returns them in the order in which they were asked for, which is that in which they are needed. */
  inOrder(): readonly Wanted[]
  has(wanted: Wanted): boolean
  /** Adds one, of which `own` is there, and resolves once it is whole. Throws what it is settled with; `signal.reason`. */
  add(segment: ReadableSegment, stripe: number, records: WantedRecords, signal: AbortSignal, own?: OwnSlice): Promise<StripeJob>
}

/** Returns an empty list. */
export function createWantedStripes(): WantedStripes {
  const all: Wanted[] = []
  return {
    inOrder: () => all,
    has: (wanted) => all.includes(wanted),
    add: (segment, stripe, records, signal, own) =>
      new Promise((resolve, reject) => {
        const job = createStripeJob(segment.descriptor, stripe, records)
        if (own) job.take({ index: own.index, peer: own.peer, firstLeaf: 0, leaves: job.leaves }, own.bytes)
        const wanted: Wanted = {
          segment,
          stripe,
          job,
          refused: new Set(),
          isWaiting: false,
          deaths: 0,
          lastError: undefined,
          signal,
          settle(outcome) {
            const at = all.indexOf(wanted)
            if (at < 0) return
            all.splice(at, 1)
            signal.removeEventListener('abort', onAbort)
            if (outcome === 'done') resolve(job)
            else reject(outcome.error)
          },
        }
        const onAbort = (): void => wanted.settle({ error: signal.reason })
        signal.addEventListener('abort', onAbort, { once: true })
        all.push(wanted)
      }),
  }
}
