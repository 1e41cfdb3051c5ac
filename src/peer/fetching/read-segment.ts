import { equalBytes, hex, type Bytes } from '../../core/bytes.ts'
import { decodeDescriptor, segmentIdOf, type Descriptor } from '../../core/descriptor.ts'
import { HoardError, codeOf } from '../../core/errors.ts'
import type { GroupKey, SegmentId, PeerId } from '../../core/ids.ts'
import { stripeCount } from '../../core/segment.ts'
import { RECORD_SEALED_BYTES } from '../../core/sizes.ts'
import type { Work } from '../../flow/prefetch.ts'
import type { ReadParts } from './reading.ts'
import type { Keeper } from './evidence.ts'
import { keepersOf, type KnownGroup } from './locate-group.ts'
import { retryWorker } from '../../flow/retry-worker.ts'

/** A segment to read, and how to learn more about its holders when too few answer. */
export interface SegmentJob {
  readonly segmentId: SegmentId
  readonly groupKey: GroupKey
  readonly known: KnownGroup
  /** Known beforehand for own files; else it is asked for. */
  readonly descriptor?: Descriptor
  /** Asks again who keeps the group, and resolves when it is worth trying once more. */
  readonly wait: (error: unknown, signal: AbortSignal) => Promise<void>
}

/** As many lines as a segment in the widest row of the default policy is read over at once. */
const LINES_AHEAD = 22
/** Descriptors remembered, about a kilobyte each: those of 16 GiB of a file. */
const DESCRIPTORS_AT_MOST = 1_000

/** Resolves with the checked descriptor of a segment, from any of its holders; waits while none answers. */
export async function readDescriptor(reading: ReadParts, job: SegmentJob, signal: AbortSignal): Promise<Descriptor> {
  const known = job.descriptor ?? reading.descriptors.get(hex(job.segmentId))
  if (known !== undefined) return known
  for (;;) {
    let lastError: unknown = new HoardError('not-found', { object: 'descriptor' })
    const holders = nearFirst(reading, keepersOf(job.known, reading.people, job.segmentId))
    openLines(reading, holders)
    for (const peer of holders) {
      try {
        return remember(reading, job.segmentId, await askDescriptor(reading, job, peer))
      } catch (error) {
        signal.throwIfAborted()
        lastError = error
        if (codeOf(error) !== 'holder-refused') reading.lines.drop(peer)
      }
    }
    await job.wait(lastError, signal)
  }
}

/**
 * Returns the works that make `use` of the sealed records `first`..`last` of a segment, one run per stripe; `use` is given the number of the
 * run's first record in the segment. They wait for people as long as it takes.
 */
export function* recordRuns<Result>(
  reading: ReadParts,
  job: SegmentJob,
  descriptor: Descriptor,
  range: { readonly first: number; readonly last: number },
  use: (record: number, bytes: Bytes) => Promise<Result>,
  signal: AbortSignal,
): Generator<Work<Result>> {
  const { k, sealedLength } = descriptor
  const first = Math.floor(range.first / k)
  const last = Math.min(Math.floor(range.last / k), stripeCount(sealedLength, k) - 1)
  const wantedOf = (stripe: number) => ({
    first: Math.max(0, range.first - stripe * k),
    last: Math.min(k - 1, range.last - stripe * k),
  })
  const { segmentId, known } = job
  let waiting: Promise<void> | undefined
  // All stripes wait for the same people: they are looked for once.
  const wait = (error: unknown): Promise<void> => (waiting ??= job.wait(error, signal).finally(() => (waiting = undefined)))
  const keepers = (): readonly Keeper[] => keepersOf(known, reading.people, segmentId)
  const onProven = (peer: PeerId, index: number): void => {
    known.evidence.prove(peer, segmentId)
    reading.people.conduct.noteProven(peer, { segmentId, index }, known.roll.rowOf(peer, segmentId)?.toldAt)
  }
  const segment = { segmentId, descriptor, keepers, onProven, wait }
  for (let stripe = first; stripe <= last; stripe++) {
    const wanted = wantedOf(stripe)
    const read = async (): Promise<Result> => use(stripe * k + wanted.first, await reading.stripes.read(segment, stripe, wanted, signal))
    yield { bytes: k * RECORD_SEALED_BYTES, begin: () => retryWorker(read) }
  }
}

/** Opens lines to the holders that are near while the descriptor is on its way: its slices come from more holders than it does. */
function openLines({ people, lines }: ReadParts, holders: readonly PeerId[]): void {
  const near = new Set(people.connected())
  const some = holders.filter((peer) => near.has(peer)).slice(0, LINES_AHEAD)
  for (const peer of some) lines.to(peer).catch(() => undefined)
}

/** Returns the keepers, best first: one that must be dialled may be gone, which is slow to find out; one known by hearsay may not exist. */
function nearFirst({ people, failed }: ReadParts, keepers: readonly Keeper[]): readonly PeerId[] {
  const near = new Set(people.connected())
  const cost = ({ peer, evidence }: Keeper): number =>
    (failed.get(peer) ?? 0) * 4 + (evidence === 'heard' ? 2 : 0) + (near.has(peer) ? 0 : 1)
  return [...new Set(keepers.toSorted((a, b) => cost(a) - cost(b)).map(({ peer }) => peer))]
}

function remember({ descriptors }: ReadParts, segmentId: SegmentId, descriptor: Descriptor): Descriptor {
  const [oldest] = descriptors.keys()
  if (descriptors.size >= DESCRIPTORS_AT_MOST && oldest !== undefined) descriptors.delete(oldest)
  descriptors.set(hex(segmentId), descriptor)
  return descriptor
}

async function askDescriptor(reading: ReadParts, { segmentId, groupKey }: SegmentJob, peer: PeerId): Promise<Descriptor> {
  const line = await reading.lines.to(peer)
  const encoded = await line.describe(segmentId)
  if (!equalBytes(segmentIdOf(encoded), segmentId)) throw new HoardError('shard-damaged', { object: 'descriptor' })
  const descriptor = decodeDescriptor(encoded)
  if (!equalBytes(descriptor.groupKey, groupKey)) throw new HoardError('shard-damaged', { object: 'descriptor' })
  return descriptor
}
