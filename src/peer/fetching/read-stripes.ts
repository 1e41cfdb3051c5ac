import type { Bytes } from '../../core/bytes.ts'
import { HoardError, codeOf, provesLie } from '../../core/errors.ts'
import type { PeerId } from '../../core/ids.ts'
import { leafSpan } from '../../core/segment.ts'
import { LEAF_BYTES, SLICE_BYTES } from '../../core/sizes.ts'
import { FETCH_REQUESTS, MOST_WINDOW_BYTES, SMALLEST_FRAME_BYTES } from '../../protocol/limits.ts'
import type { ReadPace } from '../api/link-view.ts'
import type { PeerParts } from '../api/peer-parts.ts'
import type { Lines } from '../people/lines.ts'
import type { People } from '../people/people.ts'
import { chooseSource, finishMs, runAt, unitLeaves, type Source } from './choose-source.ts'
import { createQueueWatch } from './queue-watch.ts'
import { createPaceWatch } from './read-pace.ts'
import { createReadWindow, FIRST_WINDOW_BYTES, QUEUE_MS } from './read-window.ts'
import type { Part, WantedRecords } from './stripe-job.ts'
import { createUnderWay, type Ask } from './under-way.ts'
import { verifyLeaves } from './verify-leaves.ts'
import { createWantedStripes, type ReadableSegment, type Wanted } from './wanted-stripes.ts'

/** Reads stripes, all of a read together, from all who keep their slices. */
export interface StripeReader {
  /**
   * Resolves with records of a stripe. Stripes asked for earlier are needed earlier. Wrong bytes are booked as a lie, silence and refusals as
   * failures; all of them only make others be asked. Waits for people as long as it takes.
   * @throws HoardError 'worker-died'; what `segment.wait` throws; `signal.reason`
   */
  read(segment: ReadableSegment, stripe: number, wanted: WantedRecords, signal: AbortSignal): Promise<Bytes>
  /** Returns how fast bytes come, and what has held the reads back for ten seconds. */
  pace(): ReadPace
}

/** What reading works with. */
export interface StripeParts {
  readonly parts: Pick<PeerParts, 'network' | 'clock' | 'coder'>
  readonly people: Pick<People, 'known' | 'isHere' | 'noteLie'>
  readonly lines: Pick<Lines, 'to' | 'drop'>
  readonly failed: Map<PeerId, number>
}

/** How often the reader looks at what comes, beside the moments at which something does. */
const LOOK_MS = 125
/** What a failure counts against a holder; less is hearsay, or that it is not here. */
const FAILED = 4
/** What is asked of a holder ahead, beside what a round trip takes: half as long again as what may stand in this device's own line. */
const AHEAD_MS = 1.5 * QUEUE_MS
/** A longer round trip was of a device that was busy; before anything came of anybody, holders are taken to send so many bytes per second. */
const [MOST_TRIP_MS, UNSEEN_RATE] = [500, 1_000_000]
/** Somebody else is asked as well where that brings a slice in less than half the time, this many milliseconds left aside. */
const [HEDGE_TIMES, HEDGE_MS] = [2, 100]
/** What may be fetched twice: this share of what came, and so many bytes. With what is lost when a holder fails, less than 5 % and one slice. */
const [HEDGE_SHARE, FIRST_HEDGES_BYTES] = [0.04, 3 * LEAF_BYTES]
/** After so long a failure counts for one less. */
const FORGIVE_MS = 60_000
const DEATHS_AT_MOST = 3

/**
 * Returns a reader of stripes; `signal` ends it. Whom to ask is decided whenever bytes come: the window says how much may be under way in
 * all, and every holder's own line how much of it is asked of that one.
 * Source: SPEC.md FET3, FET6, FET7.
 */
export function createStripeReader({ parts, people, lines, failed }: StripeParts, signal: AbortSignal): StripeReader {
  const { clock, coder } = parts
  const all = createWantedStripes()
  const window = createReadWindow()
  const queue = createQueueWatch(parts, people, signal)
  const roundTripTo = (peer: PeerId): number =>
    Math.min(people.known(peer)?.latencyMs ?? Infinity, queue.shortestTo(peer) ?? Infinity, MOST_TRIP_MS)
  const underWay = createUnderWay<Wanted>(clock, roundTripTo)
  let hedgedBytes = 0
  const paces = createPaceWatch(clock)
  let heldBack: 'by the window' | 'by something else' = 'by something else'
  let isLooking = false
  /** More stands before this device's own network than should: what is late then is not late for its holder's sake. */
  let isLineFull = false
  let forgivenAt = clock.ran()

  function sourcesOf({ job, segment, refused }: Wanted, unitBytes: number): Source[] {
    const unseen = underWay.usualRate() ?? UNSEEN_RATE
    return segment.keepers().flatMap((keeper) => {
      const { peer, evidence } = keeper
      if (refused.has(peer) || (people.known(peer)?.lies ?? 0) > 0) return []
      const doubt = FAILED * (failed.get(peer) ?? 0) + (evidence === 'heard' ? 2 : 0) + (people.isHere(peer) ? 0 : 1)
      const { rate: seen, bytes, asks } = underWay.of(peer)
      const roundTripMs = roundTripTo(peer)
      const firstMost = job.isSingle() ? FIRST_WINDOW_BYTES : unitBytes
      // A line never rests, and little waits in it.
      const aheadMs = Math.max(2 * roundTripMs, roundTripMs + AHEAD_MS)
      const most = seen === undefined ? firstMost : (seen * aheadMs) / 1000 + SMALLEST_FRAME_BYTES + unitBytes
      const hasRoom = bytes === 0 || (asks < FETCH_REQUESTS && bytes + unitBytes <= Math.min(MOST_WINDOW_BYTES, most))
      return [{ ...keeper, doubt, rate: seen ?? unseen, isSeen: seen !== undefined, roundTripMs, underWay: bytes, hasRoom }]
    })
  }

  /** Asks for whatever may be asked for now, what is needed first first. */
  function pump(): void {
    const rate = underWay.total.rate()
    const unit = unitLeaves(rate ?? 0, Infinity)
    let before = 0
    heldBack = 'by something else'
    for (const wanted of [...all.inOrder()]) {
      if (wanted.isWaiting) continue
      const { job, segment } = wanted
      let sources: readonly Source[] | undefined
      for (let leaf = 0; leaf < job.leaves; leaf++) {
        while (job.lacks(leaf) > 0) {
          const leaves = Math.min(unit, job.leaves - leaf)
          const expected = underWay.expectedBytes()
          if (expected > 0 && expected + leaves * LEAF_BYTES > window.size) {
            heldBack = 'by the window'
            return
          }
          const needMs = rate === undefined ? 0 : (Math.max(before, underWay.total.underWay) * 1000) / rate
          sources ??= sourcesOf(wanted, leaves * LEAF_BYTES)
          const source = chooseSource(job, leaf, sources, { k: segment.descriptor.k, needMs, bytes: leaves * LEAF_BYTES })
          if (source === undefined) {
            if (!hasEnough(wanted, leaf, sources)) void waitForMore(wanted)
            break
          }
          const own = source.isSeen ? unitLeaves(Infinity, source.rate) : 1
          ask(wanted, source, leaf, runAt(job, source.index, leaf, Math.min(leaves, own)))
          sources = undefined
        }
        before += job.misses(leaf) * LEAF_BYTES
      }
    }
  }

  /** Tells whether there are people for what is lacking; where single slices were wanted, any will do from now on if not. */
  function hasEnough({ job }: Wanted, leaf: number, sources: readonly Source[]): boolean {
    const enough = (): boolean => new Set(sources.flatMap(({ index }) => (job.isOpen(index, leaf) ? [index] : []))).size >= job.lacks(leaf)
    return enough() || (job.takeAny() && enough())
  }

  /** Parts that are on their way go on meanwhile, and what has come is kept. */
  async function waitForMore(wanted: Wanted): Promise<void> {
    const { job, segment, refused, lastError, signal: reading } = wanted
    if (wanted.isWaiting || job.awaited().length > 0) return
    wanted.isWaiting = true
    try {
      const needed = segment.descriptor.k
      await segment.wait(new HoardError('too-few-shards', { got: needed - job.misses(0), needed }, lastError), reading)
      refused.clear()
      wanted.isWaiting = false
      pump()
    } catch (error) {
      wanted.settle({ error })
    }
  }

  function ask(wanted: Wanted, { peer, index }: Source, firstLeaf: number, leaves: number): void {
    const { segment, stripe, job } = wanted
    const part: Part = { index, peer, firstLeaf, leaves }
    const range = { index, firstLeaf: (stripe * SLICE_BYTES) / LEAF_BYTES + firstLeaf, leaves }
    const { descriptor, segmentId } = segment
    const bytes = Array.from({ length: leaves }, (_, at) => leafSpan(descriptor.sealedLength, descriptor.k, range.firstLeaf + at).length)
    const asked = underWay.ask(
      wanted,
      part,
      bytes.reduce((sum, each) => sum + each, 0),
    )
    job.begin(part)
    const fetch = async (): Promise<Bytes> => {
      const line = await lines.to(peer)
      signal.throwIfAborted()
      const { bytes: sent, proof } = await line.read({ segmentId, ...range }, (come) => noteBytes(asked, come))
      signal.throwIfAborted()
      return verifyLeaves(coder, descriptor, range, sent, proof)
    }
    fetch().then(
      (proven) => {
        underWay.end(asked)
        segment.onProven(peer, index)
        if (asked.isGivenUp || !all.has(wanted)) coder.release(proven)
        else job.take(part, proven)
        if (job.isDone()) wanted.settle('done')
        pump()
      },
      (error: unknown) => {
        underWay.end(asked)
        if (signal.aborted) return
        if (!asked.isGivenUp) fail(wanted, part, error)
        pump()
      },
    )
  }

  function noteBytes(asked: Ask<Wanted>, bytes: number): void {
    underWay.take(asked, bytes)
    window.take(bytes, heldBack, underWay.path())
    pump()
  }

  function fail(wanted: Wanted, part: Part, error: unknown): void {
    wanted.job.drop(part)
    // The bytes went with the worker: they are asked for again.
    if (codeOf(error) === 'worker-died') {
      wanted.deaths++
      if (wanted.deaths === DEATHS_AT_MOST) wanted.settle({ error })
      return
    }
    wanted.lastError = error
    wanted.refused.add(part.peer)
    wanted.job.takeAny()
    failed.set(part.peer, (failed.get(part.peer) ?? 0) + 1)
    if (provesLie(error)) people.noteLie(part.peer)
    if (codeOf(error) !== 'holder-refused') lines.drop(part.peer)
  }

  function look(): void {
    const asked = underWay.holders().filter(({ peer }) => (failed.get(peer) ?? 0) === 0)
    const seen = queue.look(asked)
    if (seen !== 'not yet') {
      window.look(underWay.path(), underWay.expectedBytes(), seen)
      if (seen !== undefined) isLineFull = seen.atLeastMs > QUEUE_MS
      paces.note({
        cameBytes: underWay.cameBytes(),
        isWindowFull: heldBack === 'by the window',
        areAllBusy: asked.every(({ isBusy }) => isBusy),
        isLineFull: seen?.isQuiet === true ? isLineFull : undefined,
      })
    }
    forgive()
    // The line of a holder that is given up ends, so that what it owes is not sent twice.
    for (const peer of underWay.lost()) {
      for (const { job, part } of underWay.giveUp(peer)) fail(job, part, new HoardError('holder-silent', { peer }))
    }
    hedge()
    pump()
  }

  function forgive(): void {
    const now = clock.ran()
    if (now - forgivenAt <= FORGIVE_MS) return
    forgivenAt = now
    for (const [peer, times] of failed) failed.set(peer, Math.max(0, times - 1))
  }

  /** Asks somebody else as well for what the reader waits for, where that brings it sooner by the rates seen. */
  function hedge(): void {
    const [first] = all.inOrder()
    if (first === undefined || first.isWaiting) return
    const { job } = first
    const { total } = underWay
    // Nothing comes of anybody: those that failed may be back.
    const mostDoubt = underWay.isStill() ? Infinity : FAILED - 1
    for (const part of job.awaited()) {
      const asked = underWay.askOf(part)
      if (asked === undefined || asked.isHedged) continue
      const laterMs = underWay.isOverdue(part.peer, 'for the reader') ? Infinity : isLineFull ? 0 : underWay.owedMs(part.peer)
      const soonest = sourcesOf(first, asked.bytes)
        .filter(({ peer, hasRoom, doubt }) => peer !== part.peer && hasRoom && doubt <= mostDoubt)
        .filter(({ index }) => job.isSingle() || job.isOpen(index, part.firstLeaf))
        .toSorted((a, b) => a.doubt - b.doubt || finishMs(a, asked.bytes) - finishMs(b, asked.bytes))[0]
      const inLineMs = ((total.underWay + asked.bytes) * 1000) / (total.shownRate() ?? Infinity)
      if (soonest === undefined || laterMs <= HEDGE_TIMES * Math.max(finishMs(soonest, asked.bytes), inLineMs) + HEDGE_MS) continue
      if (hedgedBytes + asked.bytes > HEDGE_SHARE * underWay.cameBytes() + FIRST_HEDGES_BYTES) return
      hedgedBytes += asked.bytes
      asked.isHedged = true
      if (job.takeAny()) return
      ask(first, soonest, part.firstLeaf, part.leaves)
    }
  }

  async function keepLooking(): Promise<void> {
    if (isLooking) return
    isLooking = true
    try {
      while (all.inOrder().length > 0) {
        await clock.wait(LOOK_MS, { signal })
        look()
      }
    } finally {
      isLooking = false
      queue.rest()
    }
  }

  return {
    pace: () => paces.pace(),
    async read(segment, stripe, wanted, reading) {
      const either = AbortSignal.any([signal, reading])
      for (let deaths = 1; ; deaths++) {
        const own = segment.own && (await segment.own(stripe))
        either.throwIfAborted()
        const whole = all.add(segment, stripe, wanted, either, own)
        keepLooking().catch(() => undefined)
        pump()
        const job = await whole
        try {
          return await job.assemble(coder)
        } catch (error) {
          if (codeOf(error) !== 'worker-died' || deaths === DEATHS_AT_MOST) throw error
        }
      }
    },
  }
}
