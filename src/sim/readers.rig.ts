import { createCoding } from '../adapters/coding/create-coding.ts'
import { createLines, type Line, type Lines } from '../adapters/memory/lines.ts'
import { createMemoryNetwork } from '../adapters/memory/memory-network.ts'
import { createSeededRandom } from '../adapters/memory/seeded-random.ts'
import { nextTurn } from '../adapters/memory/turn.ts'
import { createVirtualClock, type VirtualClock } from '../adapters/memory/virtual-clock.ts'
import { createDeviceSigner } from '../adapters/storage/device-signer.ts'
import { concatBytes, equalBytes, type Bytes } from '../core/bytes.ts'
import { decodeDescriptor } from '../core/descriptor.ts'
import type { PeerId } from '../core/ids.ts'
import { hashLeaf, rangeProof } from '../core/merkle.ts'
import { leafSpan, stripeCount } from '../core/segment.ts'
import type { Clock } from '../ports/clock.ts'
import type { Coder } from '../ports/coder.ts'
import type { Network } from '../ports/network.ts'
import { prefetch } from '../flow/prefetch.ts'
import { createLines as createStreams } from '../peer/people/lines.ts'
import { blankPerson, type Person } from '../peer/people/person.ts'
import type { ReadLimit } from '../peer/index.ts'
import { createStripeReader } from '../peer/fetching/read-stripes.ts'
import type { ReadableSegment } from '../peer/fetching/wanted-stripes.ts'
import { answer, receiveMessageOrEnd } from '../protocol/conversation.ts'
import type { SentLeaves } from '../protocol/fetch-shard.ts'
import { handleHello, type Hello } from '../protocol/hello.ts'
import { IDLE_MS } from '../protocol/limits.ts'
import { handleShard } from '../protocol/shard.ts'
import { shardRequests, type FetchRequest, type ShardHost } from '../protocol/shard-messages.ts'
import type { Wire } from '../protocol/wire.ts'
import { createRig, type OwnedSegment } from './holder.rig.ts'

/** What a holder does beside giving true answers; a function answers each FETCH itself. */
export type Conduct = 'honest' | 'stalls' | 'lies' | Answering

/** Answers `request` over `wire` in any way; `truth` has what an honest holder of the shard `index` would send. */
export type Answering = (
  wire: Wire,
  request: FetchRequest,
  truth: (request: Pick<FetchRequest, 'index' | 'ranges'>) => SentLeaves,
  clock: VirtualClock,
) => Promise<void>

/** A holder of one shard, and its line. */
export interface HolderOnLine extends Line {
  readonly conduct?: Conduct
}

/** A reader with its line, holders with theirs, and a segment of which each keeps one shard. */
export interface Reading {
  readonly clock: VirtualClock
  readonly lines: Lines
  readonly reader: PeerId
  readonly holders: readonly PeerId[]
  /** Bytes of one pass over the segment, which is what `read` returns. */
  readonly content: Bytes
  /** Who was said to have lied. */
  readonly liars: ReadonlySet<PeerId>
  /** How often holders failed lately. */
  readonly failed: ReadonlyMap<PeerId, number>
  /** Bytes that each holder sent to the reader. */
  sentBy(): readonly number[]
  /** What has held the reads back for ten seconds. */
  limit(): ReadLimit | undefined
  /** Reads the segment so many times over, one after the other as the segments of a file follow each other. */
  read(passes: number, onPass?: (pass: number) => void): Promise<Outcome>
}

/** How a read went. */
export interface Outcome {
  readonly ms: number
  readonly isExact: boolean
  /** Longest time between two stripes, from one of them to the next. */
  readonly mostGapMs: number
  /** Most bytes that were there and not yet handed on, at any time. */
  readonly mostBytes: number
}

const HELLO: Hello = { engine: 'memory', isPersisted: true, isHolder: true, offer: 0, room: 0, storeEpoch: new Uint8Array(16), clock: 0 }
const segments = new Map<string, OwnedSegment>()

/** Returns a reader of a segment of `stripes` stripes of which holder number i keeps shard i. Nothing but the product's own code decides. */
export function createReading({
  k,
  stripes,
  line,
  holders,
  ahead = 16 * 1024 * 1024,
  mostMs = Infinity,
  clockOf = (clock) => clock,
}: {
  readonly k: number
  readonly stripes: number
  readonly line: Line
  readonly holders: readonly HolderOnLine[]
  readonly ahead?: number
  /** A read that takes longer fails, so that it does not hang. */
  readonly mostMs?: number
  /** Returns the clock that the reader sees. */
  readonly clockOf?: (clock: VirtualClock) => Clock
}): Reading {
  const clock = createVirtualClock()
  const lines = createLines(clock)
  const swarm = createMemoryNetwork({ backPressure: 'none', lines })
  const join = (name: string) => swarm.join(createDeviceSigner(createSeededRandom(name).bytes(32)).peerId).network
  const sealedLength = stripes * k * 262_144
  const name = `${k} ${stripes} ${holders.length}`
  const segment = segments.get(name) ?? createRig().own(name, { sealedLength, k, n: Math.max(k + 1, holders.length) })
  segments.set(name, segment)
  const descriptor = decodeDescriptor(segment.descriptor)
  const content = createSeededRandom(`content ${name}`).bytes(sealedLength)

  const reader = join('reader')
  lines.set(reader.self, line)
  const keepers = holders.map(({ conduct = 'honest', ...own }, index) => {
    const network = join(`holder ${index}`)
    lines.set(network.self, own)
    if (typeof conduct === 'function') answerBy(network, clock, segment, conduct)
    else handleShard(network, clock, hostOf(segment, index, conduct))
    handleHello(network, clock, { mine: () => HELLO, onHello: () => undefined })
    swarm.connect(reader.self, network.self)
    return { peer: network.self, index, evidence: 'said' as const, roundTripMs: 2 * (own.delayMs + line.delayMs) }
  })
  const liars = new Set<PeerId>()
  const personOf = new Map(keepers.map(({ peer, roundTripMs }) => [peer, personOfHolder(peer, roundTripMs)]))
  const people = {
    known: (peer: PeerId) => personOf.get(peer),
    of: (peer: PeerId) => personOf.get(peer) ?? personOfHolder(peer, 0),
    isHere: () => true,
    noteLie(peer: PeerId) {
      liars.add(peer)
      const person = personOf.get(peer)
      if (person !== undefined) person.lies++
    },
  }
  const { coder, inFlight, mostBytes } = busyCoder(createCoding(crypto.subtle))
  const parts = { network: reader, clock: clockOf(clock), coder }
  const life = new AbortController()
  const failed = new Map<PeerId, number>()
  const stripesOf = createStripeReader({ parts, people, lines: createStreams(parts, people, life.signal), failed }, life.signal)
  const readable: ReadableSegment = {
    segmentId: segment.segmentId,
    descriptor,
    keepers: () => keepers,
    onProven: () => undefined,
    wait: (_error, signal) => clock.wait(5_000, { signal }),
  }
  const step = Math.max(1, Math.min(10, Math.floor(line.delayMs / 2)))

  async function drive<Result>(work: Promise<Result>): Promise<Result> {
    let isOver = false
    const over = (): void => void (isOver = true)
    const until = clock.ran() + mostMs
    work.then(over, over)
    for (;;) {
      if (clock.ran() > until) throw new Error(`nothing after ${mostMs} ms`)
      do await nextTurn()
      while (inFlight() > 0)
      if (isOver) return work
      await clock.advance(step)
    }
  }

  return {
    clock,
    lines,
    reader: reader.self,
    holders: keepers.map(({ peer }) => peer),
    content,
    liars,
    limit: () => stripesOf.pace().limit,
    failed,
    sentBy: () => keepers.map(({ peer }) => swarm.bytesSent(peer, reader.self)),
    async read(passes, onPass = () => undefined) {
      const from = clock.ran()
      let isExact = true
      let mostGapMs = 0
      let cameAt = from
      const perPass = stripeCount(sealedLength, k)
      const work = async (): Promise<void> => {
        let at = 0
        const read = (number: number): Promise<Bytes> => stripesOf.read(readable, number % perPass, { first: 0, last: k - 1 }, life.signal)
        for await (const bytes of prefetch(passes * perPass, Math.max(2, Math.floor(ahead / (k * 262_144))), read)) {
          if (at % perPass === 0) onPass(at / perPass)
          mostGapMs = Math.max(mostGapMs, clock.ran() - cameAt)
          cameAt = clock.ran()
          const start = (at++ % perPass) * k * 262_144
          isExact &&= equalBytes(bytes, content.subarray(start, start + bytes.length))
          coder.release(bytes)
        }
      }
      await drive(work())
      return { ms: clock.ran() - from, isExact, mostGapMs, mostBytes: mostBytes() }
    },
  }
}

function hostOf(segment: OwnedSegment, index: number, conduct: Exclude<Conduct, Answering>): ShardHost {
  const truth = truthOf(segment)
  const refuse = async (): Promise<never> => {
    throw new Error('not asked for here')
  }
  return {
    describe: refuse,
    has: refuse,
    admit: refuse,
    async read({ ranges }) {
      if (conduct === 'stalls') await new Promise(() => undefined)
      const { bytes, proof } = truth({ index, ranges })
      if (conduct === 'lies') bytes[7] = (bytes[7] ?? 0) ^ 1
      return { bytes, proofs: [proof] }
    },
  }
}

/** Answers each FETCH of `segment` as `answering` does. */
function answerBy(network: Network, clock: VirtualClock, segment: OwnedSegment, answering: Answering): void {
  const truth = truthOf(segment)
  answer(network, clock, 'shard', async (wire) => {
    for (;;) {
      const request = await receiveMessageOrEnd(wire, shardRequests, { waitMs: IDLE_MS })
      if (request?.is !== 'fetch') return
      const { segmentId, index, ranges } = request
      await answering(wire, { segmentId, index, ranges: ranges.map(([first, count]) => ({ first, count })) }, truth, clock)
    }
  })
}

/** Returns what honest holders of the segment send. */
function truthOf(segment: OwnedSegment): (request: Pick<FetchRequest, 'index' | 'ranges'>) => SentLeaves {
  const { k, sealedLength } = decodeDescriptor(segment.descriptor)
  const spans = Array.from({ length: segment.leaves }, (_, leaf) => leafSpan(sealedLength, k, leaf))
  const digestsByIndex = new Map<number, readonly Bytes[]>()
  return ({ index, ranges: [{ first, count } = { first: 0, count: 1 }] }) => {
    const shard = segment.shards[index] ?? new Uint8Array()
    const leaves = spans.map(({ offset, length }) => shard.subarray(offset, offset + length))
    const digests = digestsByIndex.get(index) ?? leaves.map(hashLeaf)
    digestsByIndex.set(index, digests)
    return { bytes: concatBytes(...leaves.slice(first, first + count)), proof: rangeProof(digests, first, count) }
  }
}

function personOfHolder(peer: PeerId, latencyMs: number): Person {
  return Object.assign(
    blankPerson(peer, undefined, () => 0),
    { hello: HELLO, latencyMs, isNear: true, metAt: 0 },
  )
}

/** Counts the work of the coder, during which the clock stands still, and the bytes that a read holds. */
function busyCoder(coder: Coder): { readonly coder: Coder; readonly inFlight: () => number; readonly mostBytes: () => number } {
  let busy = 0
  let heldBytes = 0
  let mostBytes = 0
  const hold = (bytes: number): void => {
    heldBytes += bytes
    mostBytes = Math.max(mostBytes, heldBytes)
  }
  const counted = async <Result>(work: Promise<Result>): Promise<Result> => {
    busy++
    try {
      return await work
    } finally {
      busy--
    }
  }
  return {
    inFlight: () => busy,
    mostBytes: () => mostBytes,
    coder: {
      ...coder,
      async decode(shape, slices, stripeBytes) {
        const stripe = await counted(coder.decode(shape, slices, stripeBytes))
        hold(stripe.length - slices.reduce((sum, { bytes }) => sum + bytes.length, 0))
        return stripe
      },
      spare(length) {
        hold(length)
        return coder.spare(length)
      },
      release(bytes) {
        hold(-bytes.length)
        coder.release(bytes)
      },
      digestLeaves: (...args) => counted(coder.digestLeaves(...args)),
    },
  }
}
