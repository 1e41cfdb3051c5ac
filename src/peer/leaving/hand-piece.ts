import type { Bytes } from '../../core/bytes.ts'
import { codeOf, isDeviceFault } from '../../core/errors.ts'
import { isDouble } from '../../core/healing/new-pieces.ts'
import type { PeerId } from '../../core/ids.ts'
import { leafSpan, leavesOfShard } from '../../core/segment.ts'
import { FETCH_LEAVES } from '../../protocol/limits.ts'
import type { Bucket } from '../../protocol/pace/bucket.ts'
import { refusalOf } from '../../protocol/refusal.ts'
import { checkPiece, drawOf } from '../checking/check-piece.ts'
import type { GuardedPapers, GuardedPiece } from '../holding/guarded-groups.ts'
import type { Holder } from '../holding/holder.ts'
import type { OpenTurn } from '../placing/send-pieces.ts'
import { claimsOf, inOrderToAsk, offerPiece, type OfferTools } from '../repairing/ask-new-holders.ts'
import { paced, takeClaim, type SentCount } from '../repairing/given-pieces.ts'
import { counts, rowsOf } from '../repairing/repair-tools.ts'
import type { RepairNews } from '../roll/tell-repair.ts'
import type { Takers } from './takers.ts'

/** What handing over works with. */
export interface HandoverTools extends OfferTools {
  readonly holder: Pick<Holder, 'read' | 'takeChecked' | 'giveUp'>
  readonly takers: Takers
  readonly news: Pick<RepairNews, 'tellClaims'>
  /** Bounds what is sent together. */
  readonly budget: Bucket
  readonly count: SentCount
}

/**
 * How an offer of a piece ended: it is kept there; the kind is not spoken; it is not there though it is said to be; it came whole and was found
 * wrong; or this disk does not give it.
 */
type Answer = 'kept' | 'not spoken' | 'not there' | 'found wrong' | 'not readable'

/**
 * People who are asked in a round whether they take a piece; those of them who may say BUSY, since its witnesses may be away; and those who
 * have to find it wrong before it is believed of this disk.
 */
const [ASKED_AT_MOST, BUSY_AT_MOST, WRONG_AT_MOST] = [16, 3, 2]

/**
 * Hands a piece over: resolves with 'gone' once somebody else keeps it, those near have been told, and its row and bytes here are gone; with
 * 'nobody' when nobody takes it now; with 'not readable' when two people found wrong what this disk gives, or it gives nothing.
 * @throws HoardError of this device; `signal.reason`
 * Source: protocol SPEC.md REP9, REP10.
 */
export async function handPiece(
  tools: HandoverTools,
  piece: GuardedPiece,
  signal: AbortSignal,
): Promise<'gone' | 'nobody' | 'not readable'> {
  const { guarded, takers } = tools
  if (await isKeptTwice(tools, piece, signal)) {
    await leave(tools, piece)
    return 'gone'
  }
  const papers = await guarded.papersOf(piece)
  const claims = papers && (await claimsOf(tools, piece, papers.descriptor.k, ({ standing }) => standing !== 'gone'))
  if (papers === undefined || claims === undefined) return 'nobody'
  const tried = new Set<PeerId>()
  const left = (): readonly PeerId[] => inOrderToAsk(tools, piece, papers.descriptor.n, (peer) => !tried.has(peer)).free
  let [busy, wrong] = [0, 0]
  while (tried.size < ASKED_AT_MOST && busy < BUSY_AT_MOST) {
    const peer = await takers.take(left, signal)
    if (peer === undefined) return 'nobody'
    tried.add(peer)
    try {
      const answer = await offer(tools, piece, papers, claims, peer, signal)
      if (answer === 'kept') {
        takers.noteTaken(peer)
        return 'gone'
      }
      if (answer === 'not readable') return answer
      takers.rest(peer, answer)
      if (answer === 'found wrong' && ++wrong === WRONG_AT_MOST) return 'not readable'
    } catch (error) {
      signal.throwIfAborted()
      if (codeOf(error) === undefined || isDeviceFault(error)) throw error
      tools.people.papers.noteRefusal(peer, error)
      takers.rest(peer, error)
      if (refusalOf(error) === 'BUSY') busy++
    } finally {
      takers.free(peer)
    }
  }
  return 'nobody'
}

/** Offers the piece to `peer`, sends it, and gives it up once it is kept there and told. Throws what ended it. */
async function offer(
  tools: HandoverTools,
  piece: GuardedPiece,
  { descriptor, descriptorBytes, charter }: GuardedPapers,
  claims: readonly Bytes[],
  peer: PeerId,
  signal: AbortSignal,
): Promise<Answer> {
  const { parts, people, news } = tools
  const { index, segmentId } = piece
  const answer = await offerPiece(tools, peer, { descriptor: descriptorBytes, charter, index, claims }, signal)
  if (answer === 'not spoken') return answer
  let claim: Bytes
  if (answer.is === 'kept') {
    // An earlier try ended there, or so it says: a word, until a leaf of it was read.
    const found = await checkPiece(parts, people, { peer, piece: { segmentId, index }, descriptor }, drawOf(parts.random), signal)
    if (found !== 'right') return 'not there'
    claim = answer.claim
  } else {
    const sent = await send(tools, piece, descriptor, { index, peer, turn: answer }, signal)
    if (typeof sent === 'string') return sent
    claim = sent
  }
  // From here on nothing ends it half-way: a pause waits for the next piece.
  await takeClaim(tools, piece, index, peer, claim)
  await news.tellClaims(piece, [claim])
  await leave(tools, piece)
  return 'kept'
}

/** Sends the piece as it is on disk, from the byte on that its new holder has not, within the budget. Resolves with the claim, unchecked. */
async function send(
  tools: HandoverTools,
  { segmentId, index }: GuardedPiece,
  { sealedLength, k }: GuardedPapers['descriptor'],
  open: OpenTurn,
  signal: AbortSignal,
): Promise<Bytes | 'found wrong' | 'not readable'> {
  const { turn } = paced(tools, open, signal)
  const leaves = leavesOfShard(sealedLength, k)
  try {
    for (let first = 0; first < leaves; first += FETCH_LEAVES) {
      const count = Math.min(FETCH_LEAVES, leaves - first)
      const { offset } = leafSpan(sealedLength, k, first)
      const last = leafSpan(sealedLength, k, first + count - 1)
      if (last.offset + last.length <= turn.from) continue
      const read = await tools.holder.read({ segmentId, index, ranges: [{ first, count }] }).catch((error: unknown) => {
        if (codeOf(error) === undefined || isDeviceFault(error)) throw error
        return undefined
      })
      if (read === undefined) return 'not readable'
      await turn.send(read.bytes.subarray(Math.max(0, turn.from - offset)))
    }
    return await turn.finish()
  } catch (error) {
    // This disk may be at fault, or that person.
    if (refusalOf(error) === 'BAD-REQUEST') return 'found wrong'
    throw error
  } finally {
    turn.abort()
  }
}

/** Signs the claim without the piece and tells it; its bytes go. SPEC KEE7. */
async function leave({ guarded, holder, news, parts }: HandoverTools, piece: GuardedPiece): Promise<void> {
  await holder.giveUp(piece.segmentId)
  const own = await guarded.claim(piece.groupId, parts.network.self)
  if (own !== undefined) await news.tellClaims(piece, [own])
}

/**
 * Tells whether somebody else keeps the very piece too, and serves a leaf of it now: an earlier run handed it over and was ended before it gave
 * it up. Of two who both go one stays: the other has to lend, or to stay before this device. SPEC RPR10.
 */
async function isKeptTwice(tools: HandoverTools, piece: GuardedPiece, signal: AbortSignal): Promise<boolean> {
  const { parts, people, guarded } = tools
  const { segmentId, index } = piece
  const { self } = parts.network
  const rows = rowsOf(tools, piece)
  const others = rows.filter((row) => row.peer !== self && row.index === index && counts(row))
  if (others.length === 0) return false
  const papers = await guarded.papersOf(piece)
  if (papers === undefined) return false
  const isOwnDouble = isDouble(self, index, segmentId, rows)
  for (const { peer } of others) {
    const person = people.known(peer)
    if (person?.isNear !== true || !(isOwnDouble || person.hello?.isHolder === true)) continue
    const { descriptor } = papers
    const found = await checkPiece(parts, people, { peer, piece: { segmentId, index }, descriptor }, drawOf(parts.random), signal)
    if (found === 'right') return true
  }
  return false
}
