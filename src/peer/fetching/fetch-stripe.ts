import type { Bytes } from '../../core/bytes.ts'
import type { Descriptor } from '../../core/descriptor.ts'
import { HoardError, codeOf, provesLie } from '../../core/errors.ts'
import type { SegmentId, PeerId } from '../../core/ids.ts'
import { stripeSpan } from '../../core/segment.ts'
import { LEAF_BYTES, SLICE_BYTES } from '../../core/sizes.ts'
import { raceSignal, within } from '../../flow/deadline.ts'
import type { IndexedSlice } from '../../core/erasure.ts'
import type { Keeper } from './evidence.ts'
import { createLines, type Lines } from '../people/lines.ts'
import type { People } from '../people/people.ts'
import { retryWorker } from '../../flow/retry-worker.ts'
import { verifyLeaves } from './verify-leaves.ts'
import type { PeerParts } from '../api/peer-parts.ts'

/** A segment about to be read: its checked descriptor and who keeps which piece, as far as is known. */
export interface ReadableSegment {
  readonly segmentId: SegmentId
  readonly descriptor: Descriptor
  readonly keepers: readonly Keeper[]
  /** Called with every holder whose leaves proved themselves. */
  readonly onProven: (peer: PeerId) => void
}

/** Tools and memory of one read, shared by its segments. */
export interface ReadParts {
  readonly parts: PeerParts
  readonly people: People
  readonly lines: Lines
  /** Holders that failed during this read; they are asked last. Shared by all stripes of a read. */
  readonly failed: Map<PeerId, number>
  /** Moving mean of the time that a slice takes to come, milliseconds; undefined before the first. */
  usualMs: number | undefined
  /** Checked descriptors by hexadecimal segment id: the second read of a segment asks nobody for it. */
  readonly descriptors: Map<string, Descriptor>
}

/** Returns the parts of a new read, whose lines end with `signal`. */
export function startReading(parts: PeerParts, people: People, signal: AbortSignal): ReadParts {
  return { parts, people, lines: createLines(parts, people, signal), failed: new Map(), usualMs: undefined, descriptors: new Map() }
}

/** Longest silence of a holder before another one is asked as well, however long slices usually take. */
const HEDGE_MS = 2_500
/** Where slices come faster, a holder may be silent so many times their mean, and at least as long as a disk may need to wake up. */
const [HEDGE_TIMES, LEAST_HEDGE_MS] = [4, 300]
/** Holders beyond k that are asked after the shorter silence: bounds the bytes fetched in vain. */
const EARLY_HEDGES = 2
const LEAVES_PER_SLICE = SLICE_BYTES / LEAF_BYTES

/**
 * Resolves with the sealed bytes of stripe `stripe`, made of the first k slices that prove themselves, whichever holders send them.
 * Wrong bytes are noted as a lie, silence and refusals as failures; after either, another holder is asked.
 * @throws HoardError 'too-few-shards' when fewer than k different slices can be had now; `signal.reason`
 */
export async function fetchStripe(reading: ReadParts, segment: ReadableSegment, stripe: number, signal: AbortSignal): Promise<Bytes> {
  const { parts } = reading
  const { k, sealedLength, shardIds } = segment.descriptor
  const span = stripeSpan(sealedLength, k, stripe)
  return retryWorker(async () => {
    const slices = await raceSlices(reading, segment, stripe, signal)
    const data = slices.filter(({ index }) => index < k)
    if (data.length === k && span.length === k * span.sliceBytes) return joinInOrder(parts, data, span.length)
    return parts.coder.decode({ k, t: shardIds.length }, slices, span.length)
  })
}

/**
 * Resolves with records `first`..`last` of a stripe, numbered within it. Of a full stripe, when fewer than k are wanted and their holders
 * answer in time, only the slices with these records are fetched and nothing is decoded; else `fetchStripe` fetches the whole stripe.
 * @throws HoardError 'too-few-shards'; `signal.reason`
 */
export async function fetchRecords(
  reading: ReadParts,
  segment: ReadableSegment,
  stripe: number,
  { first, last }: { readonly first: number; readonly last: number },
  signal: AbortSignal,
): Promise<Bytes> {
  const { k, sealedLength } = segment.descriptor
  const isFull = stripeSpan(sealedLength, k, stripe).length === k * SLICE_BYTES
  const wanted = Array.from({ length: last - first + 1 }, (_, at) => first + at)
  const sources = isFull && wanted.length < k ? orderSources(reading, segment) : []
  const chosen = wanted.flatMap((index) => sources.find((source) => source.index === index) ?? [])
  if (chosen.length === wanted.length && chosen.every(({ peer }) => !reading.failed.has(peer))) {
    const slices = await fetchExactly(reading, segment, stripe, chosen, signal)
    if (slices !== undefined) return joinInOrder(reading.parts, slices, slices.length * SLICE_BYTES)
  }
  const bytes = await fetchStripe(reading, segment, stripe, signal)
  return bytes.subarray(first * SLICE_BYTES, (last + 1) * SLICE_BYTES)
}

/** Resolves with the slices of `sources`; undefined as soon as one of them fails or all together take too long. */
async function fetchExactly(
  reading: ReadParts,
  segment: ReadableSegment,
  stripe: number,
  sources: readonly Source[],
  signal: AbortSignal,
): Promise<readonly IndexedSlice<Bytes>[] | undefined> {
  const fetchOne = async (source: Source, until: AbortSignal): Promise<IndexedSlice<Bytes>> => {
    try {
      return { index: source.index, bytes: await raceSignal(fetchSlice(reading, segment, stripe, source, until), until) }
    } catch (error) {
      // A holder that is only slow is asked after the others from now on, as in `raceSlices`.
      if (!until.aborted) bookFailure(reading, source.peer, error)
      else if (!signal.aborted) reading.failed.set(source.peer, (reading.failed.get(source.peer) ?? 0) + 1)
      throw error
    }
  }
  try {
    return await within(reading.parts.clock, hedgeMs(reading), signal, (until) =>
      Promise.all(sources.map((source) => fetchOne(source, until))),
    )
  } catch {
    signal.throwIfAborted()
    return undefined
  }
}

async function raceSlices(
  reading: ReadParts,
  segment: ReadableSegment,
  stripe: number,
  signal: AbortSignal,
): Promise<IndexedSlice<Bytes>[]> {
  const { k } = segment.descriptor
  const { clock } = reading.parts
  const waiting = orderSources(reading, segment)
  const got = new Map<number, Bytes>()
  const enough = new AbortController()
  const anySignal = AbortSignal.any([signal, enough.signal])
  const running = new Set<Source>()
  let lastError: unknown
  return new Promise<IndexedSlice<Bytes>[]>((resolve, reject) => {
    const settle = (finish: () => void): void => {
      if (enough.signal.aborted) return
      enough.abort(new Error('enough slices'))
      finish()
    }
    const askNext = (): boolean => {
      const at = waiting.findIndex(({ index }) => !got.has(index))
      const source = at < 0 ? undefined : waiting.splice(at, 1)[0]
      if (source === undefined) return false
      running.add(source)
      retryWorker(() => fetchSlice(reading, segment, stripe, source, anySignal))
        .then(
          (bytes) => {
            got.set(source.index, bytes)
            if (got.size >= k) settle(() => resolve([...got].slice(0, k).map(([index, slice]) => ({ index, bytes: slice }))))
          },
          (error: unknown) => {
            if (anySignal.aborted) return
            lastError = error
            bookFailure(reading, source.peer, error)
          },
        )
        .finally(() => {
          running.delete(source)
          if (enough.signal.aborted) return
          while (got.size + running.size < k && askNext());
          if (running.size === 0 && got.size < k)
            settle(() => reject(new HoardError('too-few-shards', { got: got.size, needed: k }, lastError)))
        })
      return true
    }
    signal.addEventListener('abort', () => settle(() => reject(signal.reason as Error)), { once: true, signal: enough.signal })
    if (signal.aborted) {
      settle(() => reject(signal.reason as Error))
      return
    }
    while (running.size < k && askNext());
    if (running.size < k) {
      settle(() => reject(new HoardError('too-few-shards', { got: 0, reachable: running.size, needed: k })))
      return
    }
    const hedge = async (): Promise<void> => {
      for (let asked = 0; ; asked++) {
        await clock.wait(asked < EARLY_HEDGES ? hedgeMs(reading) : HEDGE_MS, { signal: enough.signal })
        for (const { peer } of running) reading.failed.set(peer, (reading.failed.get(peer) ?? 0) + 1)
        askNext()
      }
    }
    hedge().catch(() => undefined)
  })
}

/** Returns the milliseconds after which a slice is late. */
function hedgeMs({ usualMs }: ReadParts): number {
  return usualMs === undefined ? HEDGE_MS : Math.min(HEDGE_MS, Math.max(LEAST_HEDGE_MS, HEDGE_TIMES * usualMs))
}

type Source = Keeper

/**
 * Returns one source per piece and holder, best first: those that failed least, then those that say themselves that they keep the piece,
 * then those that are here, data before parity, quick before slow. People who lied are left out.
 */
function orderSources({ people, failed }: ReadParts, { descriptor, keepers }: ReadableSegment): Source[] {
  const cost = ({ index, peer, evidence }: Source): number =>
    (failed.get(peer) ?? 0) * 1e6 +
    (evidence === 'heard' ? 2e5 : 0) +
    (people.isHere(peer) ? 0 : 1e5) +
    (index < descriptor.k ? 0 : 1e3) +
    Math.min(999, people.known(peer)?.latencyMs ?? 500)
  return keepers.filter(({ peer }) => (people.known(peer)?.lies ?? 0) === 0).toSorted((a, b) => cost(a) - cost(b))
}

async function fetchSlice(
  reading: ReadParts,
  { segmentId, descriptor, onProven }: ReadableSegment,
  stripe: number,
  { index, peer }: Source,
  signal: AbortSignal,
): Promise<Bytes> {
  const { sliceBytes } = stripeSpan(descriptor.sealedLength, descriptor.k, stripe)
  const range = { index, firstLeaf: stripe * LEAVES_PER_SLICE, leaves: Math.ceil(sliceBytes / LEAF_BYTES) }
  const { parts, lines } = reading
  const askedAt = parts.clock.ran()
  const line = await lines.to(peer)
  signal.throwIfAborted()
  const { bytes, proof } = await line.read({ segmentId, ...range })
  const tookMs = parts.clock.ran() - askedAt
  reading.usualMs = reading.usualMs === undefined ? tookMs : (7 * reading.usualMs + tookMs) / 8
  signal.throwIfAborted()
  const leaves = await verifyLeaves(parts.coder, descriptor, range, bytes, proof)
  onProven(peer)
  return leaves
}

function bookFailure({ people, lines, failed }: ReadParts, peer: PeerId, error: unknown): void {
  failed.set(peer, (failed.get(peer) ?? 0) + 1)
  if (provesLie(error)) people.noteLie(peer)
  if (codeOf(error) !== 'holder-refused') lines.drop(peer)
}

/** Returns the slices joined in order of their index, and gives their buffers back to the coder. */
function joinInOrder({ coder }: PeerParts, slices: readonly IndexedSlice<Bytes>[], length: number): Bytes {
  const joined = coder.spare(length)
  const ordered = [...slices].sort((a, b) => a.index - b.index)
  let at = 0
  for (const { bytes } of ordered) {
    joined.set(bytes, at)
    at += bytes.length
    coder.release(bytes)
  }
  return joined
}
