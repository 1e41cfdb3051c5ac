import type { Bytes } from '../../core/bytes.ts'
import { sliceOffset, stripeCount, stripeSpan, type StripeSpan } from '../../core/segment.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Coder } from '../../ports/coder.ts'
import { retryWorker } from '../../flow/retry-worker.ts'
import type { SegmentSource } from './segment-source.ts'
import type { PlacedSegment } from './placed-segment.ts'
import { createChanges } from '../../flow/changes.ts'

/** A holder that receives a piece, and the byte from which it wants it. */
export interface Receiver {
  readonly index: number
  readonly from: number
}

/** The slices of a segment, coded stripe by stripe: once for all receivers that keep up, and once more for each that does not. */
export interface CodedSlices {
  /**
   * Resolves with the bytes of `stripe` that `receiver` lacks, empty when it has them all. Each receiver asks for its stripes in ascending
   * order and calls `done` after each.
   * Throws what the source and the coder throw; `signal.reason`.
   */
  get(stripe: number, receiver: Receiver): Promise<Bytes>
  /** Tells that nothing reads the bytes from `get` any more. */
  done(stripe: number, receiver: Receiver): void
  /** Tells that `receiver` wants nothing more. */
  leave(receiver: Receiver): void
}

/** A stripe that is coded or being coded, and the receivers that have not had their slice. */
interface Coded {
  readonly span: StripeSpan
  readonly rows: readonly number[]
  readonly slices: Promise<Bytes>
  readonly waiting: Set<Receiver>
  /** Receivers that were given a slice and have not said that they are done with it. */
  readonly reading: Set<Receiver>
}

/** Stripes kept at once: one is sent, one is ready, and the others wait for the slowest receivers. */
const STRIPES_AT_MOST = 4
/** Bytes handed to a line may wait in it a little: the buffer of a stripe is used again only after so many more stripes. */
const STRIPES_BEHIND = 2
/** Longest time that the receivers in front wait for those behind before they go on without them. */
const PATIENCE_MS = 1_000

/** Returns the slices of `segment` for `receivers`, all of which keep up at first; four coded stripes at most wait for them. */
export function createCodedSlices(
  { coder, clock }: { readonly coder: Coder; readonly clock: Clock },
  segment: PlacedSegment,
  source: SegmentSource,
  receivers: readonly Receiver[],
  signal: AbortSignal,
): CodedSlices {
  const { k, sealedLength, shardIds } = segment.descriptor
  const stripes = stripeCount(sealedLength, k)
  const abreast = new Set(receivers)
  const codedByStripe = new Map<number, Coded>()
  const readBy = new Map<Receiver, Coded>()
  const retired: Promise<Bytes>[] = []
  const freed = createChanges()
  let front = -1

  function code(stripe: number, wanting: readonly Receiver[]): Coded {
    const span = stripeSpan(sealedLength, k, stripe)
    const end = sliceOffset(sealedLength, k, stripe) + span.sliceBytes
    const waiting = new Set(wanting.filter(({ from }) => from < end))
    const rows = [...new Set([...waiting].map(({ index }) => index))]
    const encode = async (): Promise<Bytes> => coder.encode({ k, t: shardIds.length }, await source.readStripe(span), rows)
    const slices = rows.length === 0 ? Promise.resolve(new Uint8Array()) : retryWorker(encode)
    slices.catch(() => undefined)
    return { span, rows, slices, waiting, reading: new Set() }
  }

  /** Codes the next stripe for all who keep up. */
  function advance(): void {
    front++
    const coded = code(front, [...abreast])
    if (coded.waiting.size > 0) codedByStripe.set(front, coded)
  }

  async function roomForOne(): Promise<void> {
    while (codedByStripe.size >= STRIPES_AT_MOST) {
      if (!(await freed.nextWithin(clock, PATIENCE_MS, signal))) leaveLastBehind()
    }
  }

  function leaveLastBehind(): void {
    const [oldest] = codedByStripe
    if (oldest === undefined || codedByStripe.size < STRIPES_AT_MOST) return
    for (const receiver of oldest[1].waiting) leave(receiver)
  }

  function leave(receiver: Receiver): void {
    abreast.delete(receiver)
    for (const stripe of [...codedByStripe.keys()]) stopWaiting(stripe, receiver)
  }

  function stopWaiting(stripe: number, receiver: Receiver): void {
    const coded = codedByStripe.get(stripe)
    if (coded === undefined) return
    coded.waiting.delete(receiver)
    if (coded.waiting.size > 0) return
    codedByStripe.delete(stripe)
    freed.tell()
  }

  /** Gives back the buffers that nobody reads or will read; a receiver that failed in the middle of one keeps it for good. */
  function done(stripe: number, receiver: Receiver): void {
    const coded = readBy.get(receiver)
    readBy.delete(receiver)
    stopWaiting(stripe, receiver)
    if (coded === undefined) return
    coded.reading.delete(receiver)
    coded.waiting.delete(receiver)
    if (coded.reading.size > 0 || coded.waiting.size > 0) return
    retired.push(coded.slices)
    if (retired.length <= STRIPES_BEHIND) return
    const oldest = retired.shift()
    oldest?.then(coder.release, () => undefined)
  }

  return {
    async get(stripe, receiver) {
      while (abreast.has(receiver) && front < stripe) {
        await roomForOne()
        if (front >= stripe || !abreast.has(receiver)) continue
        advance()
        if (front + 1 < stripes && codedByStripe.size < STRIPES_AT_MOST) advance()
      }
      const coded = codedByStripe.get(stripe)
      if (coded?.waiting.has(receiver) === true) return partOf(coded, stripe, receiver)
      return partOf(code(stripe, [receiver]), stripe, receiver)
    },
    done,
    leave,
  }

  async function partOf(coded: Coded, stripe: number, receiver: Receiver): Promise<Bytes> {
    const { span, rows, slices, reading } = coded
    const { index, from } = receiver
    reading.add(receiver)
    readBy.set(receiver, coded)
    const at = rows.indexOf(index)
    if (at < 0) return new Uint8Array()
    const skip = Math.max(0, from - sliceOffset(sealedLength, k, stripe))
    return (await slices).subarray(at * span.sliceBytes + skip, (at + 1) * span.sliceBytes)
  }
}
