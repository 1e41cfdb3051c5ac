import type { Bytes } from '../core/bytes.ts'
import { MAX_DESCRIPTOR_BYTES } from '../core/descriptor.ts'
import { HoardError, codeOf } from '../core/errors.ts'
import type { SegmentId, PeerId } from '../core/ids.ts'
import { LEAF_BYTES } from '../core/sizes.ts'
import type { Clock } from '../ports/clock.ts'
import type { Network } from '../ports/network.ts'
import { type AskOptions, converse, openWire, outOfTurn, receiveMessage, sendMessage } from './conversation.ts'
import { DATA_FRAME_BYTES, FETCH_REQUESTS, MOST_WINDOW_BYTES, SMALLEST_FRAME_BYTES } from './limits.ts'
import { refused } from './refusal.ts'
import {
  type FetchRequest,
  type HasRow,
  type ShardAnswer,
  shardAnswers,
  type ShardHost,
  type ShardRequest,
  shardRequests,
} from './shard-messages.ts'
import type { Wire } from './wire.ts'

/** Leaves as a holder sent them: unverified. */
export interface SentLeaves {
  readonly bytes: Bytes
  /** Sibling nodes, depth-first left to right; none when the range is the whole shard. SPEC MRK3. */
  readonly proof: readonly Bytes[]
}

/** The leaves that a reader asks for: up to 16, one after the other. */
export interface LeavesWanted {
  readonly segmentId: SegmentId
  readonly index: number
  readonly firstLeaf: number
  readonly leaves: number
}

/**
 * Sends many requests to one holder over one stream; its caller decides how many bytes to ask for ahead. A stream that ended while idle is
 * opened again.
 */
export interface FetchLine {
  /**
   * Returns leaves of a shard as the holder sent them, perhaps too few bytes or wrong ones; the caller verifies. `onBytes` is told how many
   * bytes came, frame by frame.
   * @throws HoardError 'holder-refused' {refusal} | 'peer-unreachable' | 'holder-silent' | 'wire-malformed' | 'stream-closed'; `signal.reason`
   */
  read(wanted: LeavesWanted, onBytes?: (bytes: number) => void): Promise<SentLeaves>
  /** Returns the segment's descriptor, unchecked. Throws like `read`. */
  describe(segmentId: SegmentId): Promise<Bytes>
  /** Ends the line; requests under way fail with 'stream-closed'. Never throws. */
  close(): void
}

/** An open stream and the end of the chain of answers that are awaited on it. */
interface Line {
  readonly wire: Wire
  lastAnswer: Promise<unknown>
}

/** Options of a line for reading. */
export interface FetchOptions extends AskOptions {
  /** Returns bytes of any content, as long as asked, in which the line puts together the leaves it reads. */
  readonly allocate?: (length: number) => Bytes
}

/**
 * Returns a line to `peer` over an open stream. `signal` ends the whole line.
 * @throws HoardError 'peer-unreachable' | 'stream-closed'; `signal.reason`
 * Source: SPEC.md FET1..FET4.
 */
export async function openFetch(network: Network, clock: Clock, peer: PeerId, options: FetchOptions = {}): Promise<FetchLine> {
  const { signal, allocate = (length) => new Uint8Array(length) } = options
  let line: Promise<Line> | undefined
  let isClosed = false
  let underWay = 0
  let underWayBytes = 0
  const queue: { readonly bytes: number; readonly begin: () => void }[] = []

  async function opened(): Promise<Line> {
    if (isClosed) throw new HoardError('stream-closed', { reason: 'the turn is over' })
    line ??= openWire(network, clock, peer, 'shard', options).then((wire) => ({ wire, lastAnswer: Promise.resolve() }))
    return line
  }

  /** Sends `request` at once and reads its answer after those before it. */
  async function exchange<T>(request: ShardRequest, readAnswer: (wire: Wire) => Promise<T>, tries = 2): Promise<T> {
    // The holder may have closed a line that lay idle; a fresh line has no such excuse.
    const mayBeStale = tries > 1 && line !== undefined
    const opening = opened()
    // `opened` sets it in the same step.
    const current = line
    try {
      return await inOrder(await opening, request, readAnswer, signal)
    } catch (error) {
      if (codeOf(error) === 'holder-refused') throw error
      if (line === current) line = undefined
      if (mayBeStale && codeOf(error) === 'stream-closed' && !isClosed) return exchange(request, readAnswer, tries - 1)
      throw error
    }
  }

  /** Runs `work`, whose answer has about `bytes`, within the bounds of a stream; first come, first served. */
  async function inWindow<T>(bytes: number, work: () => Promise<T>): Promise<T> {
    signal?.throwIfAborted()
    await new Promise<void>((begin) => {
      queue.push({ bytes, begin })
      beginNext()
    })
    try {
      return await work()
    } finally {
      underWay--
      underWayBytes -= bytes
      beginNext()
    }
  }

  function beginNext(): void {
    const fits = (bytes: number): boolean => underWay === 0 || (underWay < FETCH_REQUESTS && underWayBytes + bytes <= MOST_WINDOW_BYTES)
    for (let next = queue[0]; next !== undefined && fits(next.bytes); next = queue[0]) {
      queue.shift()
      underWay++
      underWayBytes += next.bytes
      next.begin()
    }
  }

  await opened()
  return {
    read: ({ segmentId, index, firstLeaf, leaves }, onBytes = () => undefined) => {
      const request: ShardRequest = { is: 'fetch', segmentId, index, ranges: [[firstLeaf, leaves]] }
      return inWindow(leaves * LEAF_BYTES, () => exchange(request, (wire) => readLeaves(wire, leaves, { allocate, onBytes, signal })))
    },
    describe: (segmentId) =>
      inWindow(MAX_DESCRIPTOR_BYTES, () => exchange({ is: 'describe', segmentId }, (wire) => readDescribed(wire, signal))),
    close: () => {
      isClosed = true
      line?.then(
        ({ wire }) => wire.abort(),
        () => undefined,
      )
    },
  }
}

/**
 * Returns the descriptor of the segment as `peer` has it, unchecked.
 * @throws HoardError 'holder-refused' {refusal} | 'peer-unreachable' | 'holder-silent' | 'wire-malformed' | 'stream-closed'; `signal.reason`
 * Source: SPEC.md SHA2.
 */
export function askToDescribe(
  network: Network,
  clock: Clock,
  peer: PeerId,
  segmentId: SegmentId,
  options: AskOptions = {},
): Promise<Bytes> {
  return converse(network, clock, peer, 'shard', options, async (wire) => {
    await sendMessage(wire, shardRequests, { is: 'describe', segmentId }, options)
    return readDescribed(wire, options.signal)
  })
}

/**
 * Returns the shard that `peer` says it keeps of each of the segments (1..512); segments of which it keeps none are left out.
 * @throws those of `askToDescribe`
 * Source: SPEC.md SHA3.
 */
export function askWhetherHas(
  network: Network,
  clock: Clock,
  peer: PeerId,
  segmentIds: readonly SegmentId[],
  options: AskOptions = {},
): Promise<readonly HasRow[]> {
  return converse(network, clock, peer, 'shard', options, async (wire) => {
    await sendMessage(wire, shardRequests, { is: 'has', segmentIds }, options)
    const message = await receiveAnswer(wire, options.signal)
    if (message.is !== 'has') outOfTurn(wire, message.is)
    return message.rows.map(([segmentId, index]) => ({ segmentId, index }))
  })
}

/** An answer is sent in so many frames at least, unless they were shorter than the shortest. */
const FRAMES_PER_ANSWER = 4

/** Answers one FETCH: the proofs, then the bytes in data frames. SPEC FET1, FET2. */
export async function answerFetch(wire: Wire, host: ShardHost, request: FetchRequest): Promise<void> {
  const { bytes, proofs } = await host.read(request)
  await sendMessage(wire, shardAnswers, { is: 'leaves', length: bytes.length, proofs })
  // Readers with slow lines ask for few leaves at once. Long frames would hold up what else goes over such a line, and seldom say that it moves.
  const most = Math.max(SMALLEST_FRAME_BYTES, bytes.length / FRAMES_PER_ANSWER)
  for (let at = 0, end = 0; at < bytes.length; at = end) {
    end = Math.min(bytes.length, at + Math.min(most, wire.frameBytes()))
    await wire.writeFrame(bytes.subarray(at, end))
  }
}

function inOrder<T>(
  line: Line,
  request: ShardRequest,
  readAnswer: (wire: Wire) => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  // Send and chain in one step: answers come in the order in which requests were written.
  const written = sendMessage(line.wire, shardRequests, request, { signal })
  const before = line.lastAnswer
  const reading = (async () => {
    await before
    await written
    return readAnswer(line.wire)
  })()
  line.lastAnswer = reading.catch((error: unknown) => {
    // After any error but a refusal, the reader no longer knows its place in the stream.
    if (codeOf(error) !== 'holder-refused') throw error
  })
  line.lastAnswer.catch(() => undefined)
  written.catch(() => undefined)
  return reading
}

async function readLeaves(
  wire: Wire,
  leaves: number,
  {
    allocate,
    onBytes,
    signal,
  }: {
    readonly allocate: (length: number) => Bytes
    readonly onBytes: (bytes: number) => void
    readonly signal: AbortSignal | undefined
  },
): Promise<SentLeaves> {
  const message = await receiveAnswer(wire, signal)
  if (message.is !== 'leaves' || message.length > leaves * LEAF_BYTES || message.proofs.length !== 1) outOfTurn(wire, message.is)
  const bytes = allocate(message.length)
  for (let at = 0; at < bytes.length;) {
    const frame = await wire.readFrame(Math.min(DATA_FRAME_BYTES, bytes.length - at), { signal })
    // Each frame has a deadline of its own: a holder that sends byte by byte would never be silent.
    if (frame.length < Math.min(SMALLEST_FRAME_BYTES, bytes.length - at)) outOfTurn(wire, 'data frame too short')
    bytes.set(frame, at)
    at += frame.length
    onBytes(frame.length)
  }
  return { bytes, proof: message.proofs[0] ?? [] }
}

async function readDescribed(wire: Wire, signal: AbortSignal | undefined): Promise<Bytes> {
  const message = await receiveAnswer(wire, signal)
  if (message.is !== 'described') outOfTurn(wire, message.is)
  return message.descriptor
}

async function receiveAnswer(wire: Wire, signal: AbortSignal | undefined): Promise<Exclude<ShardAnswer, { is: 'refused' }>> {
  const message = await receiveMessage(wire, shardAnswers, { signal })
  if (message.is === 'refused') throw refused(message.refusal)
  return message
}
