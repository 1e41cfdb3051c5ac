import type { Bytes } from '../../core/bytes.ts'
import { HoardError, isDeviceFault } from '../../core/errors.ts'
import { stripeCount } from '../../core/segment.ts'
import type { StoreExchange } from '../../protocol/store-shard.ts'
import { createCodedSlices, type Receiver } from './coded-slices.ts'
import type { PeerParts } from '../api/peer-parts.ts'
import type { SegmentSource } from './segment-source.ts'
import type { PeerId } from '../../core/ids.ts'
import type { PlacedSegment } from './placed-segment.ts'

/** An open turn: the holder that receives a piece, and the exchange that says from which byte it wants it. */
export interface OpenTurn {
  readonly index: number
  readonly peer: PeerId
  readonly turn: Extract<StoreExchange, { is: 'wanted' }>
}

/** Input and callbacks of sending. */
export interface Sending {
  readonly parts: Pick<PeerParts, 'coder' | 'clock'>
  readonly segment: PlacedSegment
  readonly source: SegmentSource
  /** Called with bytes as they are handed over. */
  readonly onSent: (bytes: number) => void
  /** Takes the claim of a holder that has the whole piece. Throws when the claim is not valid. */
  readonly onClaim: (open: OpenTurn, claim: Bytes) => Promise<void>
  readonly onRefused: (peer: PeerId, error: unknown) => void
  /** Offers the piece to one more person; undefined when nobody is left to ask. */
  readonly openHedge: (index: number) => Promise<OpenTurn | undefined>
}

/** Most pieces of one segment that are sent to a second holder because the first is slow: bounds the bytes sent in vain. */
const HEDGES_AT_MOST = 2
/** Bounds of the wait for the last holders once half of the pieces are kept; within them it is as long as that half took. */
const [LEAST_PATIENCE_MS, MOST_PATIENCE_MS] = [2_000, 30_000]

/** A piece on its way. */
interface Runner {
  readonly open: OpenTurn
  readonly receiver: Receiver
  stripesSent: number
}

/**
 * Sends every holder its piece as fast as it takes it. A while after half of the pieces are kept, the pieces furthest behind are offered to
 * others as well, and the slower of the two holders is cancelled. Resolves once every turn has ended, even if its holder failed.
 * Throws what the source and the coder throw; `signal.reason`.
 */
export async function sendPieces(sending: Sending, turns: readonly OpenTurn[], signal: AbortSignal): Promise<void> {
  const { parts, segment, source, onSent, onClaim, onRefused } = sending
  const { clock } = parts
  const { k, sealedLength } = segment.descriptor
  const stripes = stripeCount(sealedLength, k)
  const beganAt = clock.ran()
  const runners = new Set(turns.map(runnerOf))
  const slices = createCodedSlices(
    parts,
    segment,
    source,
    [...runners].map(({ receiver }) => receiver),
    signal,
  )
  const kept = new Set<number>()
  const running = new Set<Promise<void>>()
  const over = new AbortController()
  let failure: { readonly error: unknown } | undefined
  let isLate = (): void => undefined

  /** Sends one piece to its end. Throws what the source, the coder and the holder throw. */
  async function send(runner: Runner): Promise<void> {
    const { open, receiver } = runner
    for (let stripe = 0; stripe < stripes; stripe++) {
      const slice = await slices.get(stripe, receiver).catch(fail)
      if (slice.length > 0) await open.turn.send(slice)
      slices.done(stripe, receiver)
      runner.stripesSent = stripe + 1
      if (slice.length > 0) onSent(slice.length)
    }
    slices.leave(receiver)
    const claim = await open.turn.finish()
    if (kept.has(open.index)) return
    kept.add(open.index)
    try {
      await onClaim(open, claim)
    } catch (error) {
      kept.delete(open.index)
      if (isDeviceFault(error)) fail(error)
      throw error
    }
    cancelOthers(runner)
    if (kept.size >= turns.length / 2) isLate()
  }

  /** An error of the bytes themselves or of this device is no holder's refusal: it ends every turn. */
  function fail(error: unknown): never {
    failure ??= { error }
    for (const { open } of runners) open.turn.abort()
    throw error
  }

  function cancelOthers({ open: winner }: Runner): void {
    for (const { open } of runners) {
      if (open.index !== winner.index || open === winner) continue
      open.turn.abort()
      if (turns.includes(open)) onRefused(open.peer, new HoardError('holder-silent', { reason: 'others were faster' }))
    }
  }

  function start(runner: Runner): void {
    runners.add(runner)
    const { open, receiver } = runner
    const run = send(runner)
      .catch((error: unknown) => {
        const isOurs = failure !== undefined || signal.aborted || kept.has(open.index)
        if (!isOurs) onRefused(open.peer, error)
      })
      .finally(() => {
        slices.leave(receiver)
        runners.delete(runner)
        running.delete(run)
      })
    running.add(run)
  }

  async function raceLast(): Promise<void> {
    await new Promise<void>((resolve) => (isLate = resolve))
    const patienceMs = Math.min(MOST_PATIENCE_MS, Math.max(LEAST_PATIENCE_MS, clock.ran() - beganAt))
    await clock.wait(patienceMs, { signal: over.signal })
    const last = [...runners].toSorted((a, b) => a.stripesSent - b.stripesSent).slice(0, HEDGES_AT_MOST)
    for (const { open } of last) {
      const hedge = await sending.openHedge(open.index)
      if (hedge === undefined) return
      if (over.signal.aborted || kept.has(open.index)) hedge.turn.abort()
      else start(runnerOf(hedge))
    }
  }

  for (const runner of [...runners]) start(runner)
  const racing = raceLast()
  racing.catch(() => undefined)
  while (running.size > 0) await Promise.all(running)
  over.abort(new Error('every turn has ended'))
  signal.throwIfAborted()
  if (failure !== undefined) throw failure.error
}

function runnerOf(open: OpenTurn): Runner {
  return { open, receiver: { index: open.index, from: open.turn.from }, stripesSent: 0 }
}
