import { hex } from '../../core/bytes.ts'
import { codeOf, ignoreKnownErrors } from '../../core/errors.ts'
import { createChanges, type Changes } from '../../flow/changes.ts'
import { mapLimited } from '../../flow/map-limited.ts'
import { createTurn } from '../../flow/turns.ts'
import { createBucket } from '../../protocol/pace/bucket.ts'
import type { HandoverStep, HandoverView } from '../api/peer.ts'
import type { GuardedGroups, GuardedPiece } from '../holding/guarded-groups.ts'
import type { RememberingHolder } from '../holding/open-holder.ts'
import { peopleToAsk, type OfferTools } from '../repairing/ask-new-holders.ts'
import { createRepairNews } from '../roll/tell-repair.ts'
import { handPiece, type HandoverTools } from './hand-piece.ts'
import { createTakers } from './takers.ts'
import { readWish, WISH, wishChange, type Wish } from './wish.ts'

/** What handing over asks of the rooms beside its own. */
export interface LeavingAsked extends Omit<OfferTools, 'guarded'> {
  readonly holder: RememberingHolder
  /** Told when `facts` have changed without a change of what is kept. */
  readonly changes: Pick<Changes, 'tell'>
}

/** A device whose person stops giving: its pieces go to others, one by one. */
export interface HandOver {
  /** Returns how it goes; undefined while nobody wishes it. */
  facts(): HandoverView | undefined
  /** Does as the person says; resolves once that is on disk. Throws what the catalog throws. */
  step(step: HandoverStep): Promise<void>
}

/** Pieces that are handed over side by side, each to another person: while one is checked another is sent. */
const PIECES_AT_ONCE = 4
/** Waits before everybody is asked again: twice as long each time that nothing went. */
const [FIRST_WAIT_MS, LAST_WAIT_MS] = [60_000, 3_600_000]
/** How long a device that has met nobody waits before it looks again. */
const LOOK_AGAIN_MS = 10_000
/** A rate is said once it was measured for so long. */
const MEASURED_MS = 60_000

/**
 * Opens the handing over with the wish of an earlier run and goes on with it until `closing` aborts. While somebody wishes it the offer is off:
 * nothing is taken, what is kept is served. An offer that is on again ends it.
 * Throws what the catalog throws.
 * Source: protocol SPEC.md REP9, REP10.
 */
export async function openHandOver(asked: LeavingAsked, closing: AbortSignal): Promise<HandOver> {
  const { parts, people, holder, changes } = asked
  const { clock, catalog, policy } = parts
  const { guarded } = holder
  const takers = createTakers(clock)
  const budget = createBucket(clock)
  budget.setRate(policy.guardian.bytesPerSecond)
  const news = createRepairNews(parts, people, guarded, closing)
  const tools: HandoverTools = { ...asked, guarded, takers, news, budget, count: { sentBytes: 0 } }
  const inTurn = createTurn()
  const woken = createChanges()
  /** Pieces that this disk does not give any more. */
  const unreadable = new Set<string>()
  let wish = readWish(await catalog.get('self', WISH))
  /** Pieces that nobody took when everybody was last asked; 0 once somebody takes one again. */
  let nobody = 0
  let since = { at: clock.ran(), usedBytes: holder.facts().usedBytes }
  let running: AbortController | undefined

  const isUnderWay = (): boolean => wish !== undefined && !wish.isPaused && !wish.isDone

  /** Keeps the wish, and the offer that goes with it, in one commit. */
  async function keep(next: Wish | undefined): Promise<void> {
    const { isOn, offerBytes } = holder.facts()
    // Setting the offer also gives back the disk, once everything has gone.
    if (next !== undefined && (isOn || next.isDone)) await holder.setOffer({ isOn: false, offerBytes }, [wishChange(next)])
    else await catalog.commit([wishChange(next)])
    wish = next
    woken.tell()
    changes.tell()
  }

  function measureAnew(): void {
    since = { at: clock.ran(), usedBytes: holder.facts().usedBytes }
  }

  const step = (said: HandoverStep): Promise<void> =>
    inTurn(async () => {
      if (said === 'pause') {
        if (wish === undefined || wish.isDone) return
        await keep({ ...wish, isPaused: true })
        running?.abort(new Error('paused'))
      } else if (said === 'end') {
        await keep(undefined)
        running?.abort(new Error('ended'))
      } else {
        const isNew = wish === undefined || wish.isDone
        takers.wakeAll()
        unreadable.clear()
        nobody = 0
        measureAnew()
        await keep({ isPaused: false, isDone: false, pieces: isNew ? holder.facts().pieces : (wish?.pieces ?? 0) })
      }
    })

  /** Offers every piece once. Resolves with how many went. */
  async function round(signal: AbortSignal): Promise<number> {
    const pieces = eachPiece(guarded)
    let gone = 0
    const lane = async (): Promise<void> => {
      for (;;) {
        const { value: piece } = pieces.next()
        if (piece === undefined) return
        signal.throwIfAborted()
        if (unreadable.has(hex(piece.segmentId)) || !isAnybodyAwake(piece)) continue
        const came = await handPiece(tools, piece, signal)
        if (came === 'not readable') unreadable.add(hex(piece.segmentId))
        if (came !== 'gone') continue
        gone++
        nobody = 0
      }
    }
    await mapLimited(Array.from({ length: PIECES_AT_ONCE }), PIECES_AT_ONCE, lane)
    return gone
  }

  /** Costs little where everybody rests: for thousands of pieces nobody is weighed then. */
  const isAnybodyAwake = (piece: GuardedPiece): boolean => peopleToAsk(tools, piece).some(({ peer }) => !takers.isResting(peer))

  /** Hands over until nothing is kept any more. Throws `signal.reason`. */
  async function handOver(signal: AbortSignal): Promise<void> {
    for (let waitMs = FIRST_WAIT_MS; ;) {
      let gone = 0
      try {
        gone = await round(signal)
      } catch (error) {
        // What this device lacks for now, such as its disk, it may have soon.
        signal.throwIfAborted()
        if (codeOf(error) === undefined) throw error
      }
      const { pieces } = holder.facts()
      if (pieces === 0) return finish(signal)
      const isAlone = people.lending().length === 0
      // A device that has just started has met nobody yet: that says nothing of its pieces.
      nobody = isAlone && clock.ran() - since.at < MEASURED_MS ? 0 : pieces
      changes.tell()
      if (gone > 0) waitMs = FIRST_WAIT_MS
      const restMs = Math.max(FIRST_WAIT_MS, Math.min(waitMs, takers.restMs()))
      await woken.nextWithin(clock, isAlone ? LOOK_AGAIN_MS : restMs, signal)
      waitMs = Math.min(2 * waitMs, LAST_WAIT_MS)
    }
  }

  const finish = (signal: AbortSignal): Promise<void> =>
    inTurn(async () => {
      if (!signal.aborted && wish !== undefined) await keep({ ...wish, isDone: true })
    })

  /** The person lends again: nobody leaves. */
  const lendsAgain = (): boolean => wish !== undefined && holder.facts().isOn
  const forget = (): Promise<void> =>
    inTurn(async () => {
      if (!lendsAgain()) return
      await keep(undefined)
      running?.abort(new Error('lends again'))
    })

  async function run(): Promise<void> {
    const stop = holder.watch(() => {
      if (lendsAgain()) forget().catch(ignoreKnownErrors)
    })
    try {
      await forget()
      for (;;) {
        while (!isUnderWay()) await woken.next(closing)
        running = new AbortController()
        const { signal } = running
        try {
          await handOver(AbortSignal.any([closing, signal]))
        } catch (error) {
          if (!signal.aborted) throw error
        }
      }
    } finally {
      stop()
    }
  }

  run().catch((error: unknown) => {
    if (!closing.aborted) throw error
  })
  return {
    facts() {
      if (wish === undefined) return undefined
      const { pieces, usedBytes } = holder.facts()
      const ms = clock.ran() - since.at
      const handedBytes = since.usedBytes - usedBytes
      return {
        is: wish.isDone ? 'over' : wish.isPaused ? 'paused' : 'under way',
        pieces: Math.max(wish.pieces, pieces),
        left: pieces,
        bytesLeft: usedBytes,
        bytesPerSecond: ms >= MEASURED_MS && handedBytes > 0 ? (handedBytes * 1000) / ms : 0,
        nobody,
      }
    },
    step,
  }
}

/** Goes through the pieces that may be handed over, group by group, as they are when their turn comes. */
function* eachPiece({ groups, piecesOf }: Pick<GuardedGroups, 'groups' | 'piecesOf'>): Generator<GuardedPiece, undefined> {
  for (const groupId of groups()) yield* piecesOf(groupId)
  return undefined
}
