import { bytesUpTo, flag, idOf, listOf, optional, peerIdentity, record } from '../core/encoding.ts'
import type { Bytes } from '../core/bytes.ts'
import { MAX_CHARTER_BYTES } from '../core/charter.ts'
import { MAX_CLAIM_BYTES } from '../core/claim.ts'
import { HoardError } from '../core/errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { Network } from '../ports/network.ts'
import { answer, type AskOptions, converse, outOfTurn, receiveMessage, receiveMessageOrEnd, sendMessage } from './conversation.ts'
import { MAX_GROUP_HOLDERS } from './limits.ts'
import { messageFormat } from './message.ts'
import { endsConversation, refusalFor, refusalShape, refused } from './refusal.ts'
import { beaconsFields, comparedFields, compareFields, repairingFields, summedFields, sumsFields, type SyncHost } from './sync-messages.ts'
import { type LogHost, logFields, logGetFields, logPutFields } from './log/log-messages.ts'
import type { Wire } from './wire.ts'
import type { GroupId, PeerId } from '../core/ids.ts'

/** Most bytes of papers and claims in one page or TELL; the rest of 64 KiB is for their framing. SPEC GRO2. */
export const PAGE_BYTES = 63_488

/** A charter or tombstone as it travels: not checked yet. */
export interface SentPaper {
  readonly is: 'charter' | 'tombstone'
  readonly bytes: Bytes
}

/** A holder's claim as it travels: not checked yet. */
export interface SentClaim {
  readonly holder: PeerId
  readonly bytes: Bytes
}

/** Statements of a teller about a group; those about other holders are hearsay. */
export interface GroupNews {
  readonly paper?: SentPaper
  readonly claims: readonly Bytes[]
}

/** A holder's answer about one of its groups; its own claim stands apart from what it tells of others. SPEC GRO5. */
export interface GroupAnswer extends GroupNews {
  /** The claim of the holder that answers; absent while it keeps nothing of the group. */
  readonly own?: Bytes
}

/** The holder's side of the group conversation. Every method throws HoardError 'holder-refused'. */
export interface GroupHost extends Partial<SyncHost>, Partial<LogHost> {
  /**
   * Returns the newest paper, the holder's own claim, and the claims of others that it knows in the group, in a stable order. The claims
   * begin behind `after`, or at the first one when `after` is not among them, and end once they have more than `bytes`.
   */
  who(
    groupId: GroupId,
    after: PeerId | undefined,
    bytes: number,
  ): Promise<{ readonly paper?: SentPaper; readonly own?: Bytes; readonly claims: readonly SentClaim[] }>
  /** Keeps everything that is newer than what it has, in order, up to the first paper or claim that is wrong. */
  told(peer: PeerId, news: GroupNews): Promise<void>
}

const paperShape = record({ isTombstone: flag, bytes: bytesUpTo(MAX_CHARTER_BYTES, 1) })
const claimsShape = listOf(bytesUpTo(MAX_CLAIM_BYTES, 1), { max: MAX_GROUP_HOLDERS })

/** Messages of the asking side of a group conversation. SPEC GRO. */
export const groupRequests = messageFormat('group-request', {
  who: { groupId: idOf<GroupId>(), after: optional(peerIdentity) },
  tell: { paper: optional(paperShape), claims: claimsShape },
  compare: compareFields,
  beacons: beaconsFields,
  repairing: repairingFields,
  sums: sumsFields,
  'log-put': logPutFields,
  'log-get': logGetFields,
})
/** Messages of the answering holder. SPEC GRO. */
export const groupAnswers = messageFormat('group-answer', {
  page: {
    paper: optional(paperShape),
    own: optional(bytesUpTo(MAX_CLAIM_BYTES, 1)),
    claims: claimsShape,
    next: optional(peerIdentity),
  },
  told: {},
  refused: { refusal: refusalShape },
  compared: comparedFields,
  beacons: beaconsFields,
  noted: {},
  summed: summedFields,
  logged: {},
  log: logFields,
})
type GroupRequest = ReturnType<typeof groupRequests.decode>
type GroupReply = ReturnType<typeof groupAnswers.decode>

/** Most pages of an answer: each leaves less than one claim unfilled, and the paper takes room of the first one. SPEC GRO2. */
const MAX_PAGES = 1 + Math.ceil((MAX_GROUP_HOLDERS * MAX_CLAIM_BYTES) / (PAGE_BYTES - MAX_CLAIM_BYTES))

/**
 * Returns the newest paper, the own claim and the claims of others that `peer` knows of the group. Nothing in them is checked.
 * @param options `mostClaims`: most claims of others that are returned; once they have come, no further page is asked for
 * @throws HoardError 'holder-refused' (UNKNOWN: it keeps nothing of the group) | 'peer-unreachable' | 'holder-silent' | 'wire-malformed' |
 * 'stream-closed'; `signal.reason`
 * Source: SPEC.md GRO1, GRO2.
 */
export function askWho(
  network: Network,
  clock: Clock,
  peer: PeerId,
  groupId: GroupId,
  { mostClaims = MAX_GROUP_HOLDERS, ...options }: AskOptions & { readonly mostClaims?: number } = {},
): Promise<GroupAnswer> {
  return converse(network, clock, peer, 'group', options, async (wire) => {
    const claims: Bytes[] = []
    let own: Bytes | undefined
    let paper: SentPaper | undefined
    let after: PeerId | undefined
    for (let page = 0; page < MAX_PAGES; page++) {
      await sendMessage(wire, groupRequests, { is: 'who', groupId, ...(after && { after }) }, options)
      const message = await receiveMessage(wire, groupAnswers, options)
      if (message.is === 'refused') throw refused(message.refusal)
      if (message.is !== 'page') outOfTurn(wire, message.is)
      if (message.paper) paper = paperOf(message.paper)
      own = message.own ?? own
      claims.push(...message.claims)
      if (claims.length > MAX_GROUP_HOLDERS) outOfTurn(wire, message.is)
      if (!message.next || claims.length >= mostClaims) break
      after = message.next
    }
    return { ...(paper && { paper }), ...(own && { own }), claims: claims.slice(0, mostClaims) }
  })
}

/**
 * Resolves once `peer` has kept what is new to it of the paper and the claims. Long lists go in several messages.
 * @throws HoardError 'holder-refused' | 'peer-unreachable' | 'holder-silent' | 'wire-malformed' | 'stream-closed'; `signal.reason`
 * Source: SPEC.md GRO3.
 */
export function tell(
  network: Network,
  clock: Clock,
  peer: PeerId,
  news: { readonly charter?: Uint8Array; readonly tombstone?: Uint8Array; readonly claims: readonly Uint8Array[] },
  options: AskOptions = {},
): Promise<void> {
  const paperBytes = news.tombstone ?? news.charter
  const paper = paperBytes && { isTombstone: news.tombstone !== undefined, bytes: new Uint8Array(paperBytes) }
  return converse(network, clock, peer, 'group', options, async (wire) => {
    for (let rest: readonly Bytes[] = news.claims.map((claim) => new Uint8Array(claim)), turn = 0; turn === 0 || rest.length > 0; turn++) {
      const claims = rest.slice(0, countFitting(rest, PAGE_BYTES - (turn === 0 ? (paper?.bytes.length ?? 0) : 0)))
      rest = rest.slice(claims.length)
      await sendMessage(wire, groupRequests, { is: 'tell', ...(turn === 0 && paper && { paper }), claims }, options)
      const message = await receiveMessage(wire, groupAnswers, options)
      if (message.is === 'refused') throw refused(message.refusal)
      if (message.is !== 'told') outOfTurn(wire, message.is)
    }
  })
}

/** Answers WHO and TELL from now on, and those of the other kinds for which `host` has a method. SPEC GRO, SYN, LOG. */
export function handleGroup(network: Network, clock: Clock, host: GroupHost): void {
  answer(network, clock, 'group', async (wire) => {
    for (;;) {
      const request = await receiveMessageOrEnd(wire, groupRequests)
      if (request === undefined) return
      try {
        if (request.is === 'who') await sendPage(wire, host, request.groupId, request.after)
        else await sendMessage(wire, groupAnswers, await replyTo(wire.peer, host, request))
      } catch (error) {
        const refusal = refusalFor(error)
        if (refusal === undefined) throw error
        await sendMessage(wire, groupAnswers, { is: 'refused', refusal })
        if (endsConversation(refusal)) return
      }
    }
  })
}

async function replyTo(peer: PeerId, host: GroupHost, request: Exclude<GroupRequest, { is: 'who' }>): Promise<GroupReply> {
  switch (request.is) {
    case 'tell':
      await host.told(peer, { ...(request.paper && { paper: paperOf(request.paper) }), claims: request.claims })
      return { is: 'told' }
    case 'compare':
      return { is: 'compared', ...(await (host.compare?.(peer, request.rows) ?? notSpoken(request.is))) }
    case 'beacons':
      return { is: 'beacons', ...(await (host.beacons?.(peer, request) ?? notSpoken(request.is))) }
    case 'repairing':
      await (host.repairing?.(peer, request) ?? notSpoken(request.is))
      return { is: 'noted' }
    case 'sums':
      return { is: 'summed', differing: await (host.sums?.(peer, request.sums) ?? notSpoken(request.is)) }
    case 'log-put':
      await (host.putLog?.(peer, request.groupId, request.entries) ?? notSpoken(request.is))
      return { is: 'logged' }
    case 'log-get': {
      const all = await (host.getLog?.(request.groupId, request.have) ?? notSpoken(request.is))
      const rest = all.slice(request.from)
      const entries = rest.slice(0, countFitting(rest, PAGE_BYTES))
      return { is: 'log', entries, isMore: entries.length < rest.length }
    }
  }
}

/** Drops the stream like a peer of an earlier version, which does not know the kind. SPEC SYN1. */
function notSpoken(is: string): never {
  throw new HoardError('wire-malformed', { reason: 'not spoken here', is })
}

async function sendPage(wire: Wire, host: GroupHost, groupId: GroupId, after: PeerId | undefined): Promise<void> {
  // A claim that was replaced since the last page keeps its place in the order.
  const { paper, own, claims: all } = await host.who(groupId, after, PAGE_BYTES)
  const claims = all.filter(isSayable)
  const isFirst = after === undefined
  const count = countFitting(
    claims.map(({ bytes }) => bytes),
    PAGE_BYTES - (isFirst ? (paper?.bytes.length ?? 0) + (own?.length ?? 0) : 0),
  )
  const page = claims.slice(0, count)
  const next = count < claims.length ? page.at(-1)?.holder : undefined
  await sendMessage(wire, groupAnswers, {
    is: 'page',
    ...(isFirst && paper && { paper: { isTombstone: paper.is === 'tombstone', bytes: paper.bytes } }),
    ...(isFirst && own && { own }),
    claims: page.map(({ bytes }) => bytes),
    ...(next && { next }),
  })
}

/** Tells whether a message can carry the claim: one that is too long must not keep the others from being told. */
function isSayable({ bytes }: SentClaim): boolean {
  return bytes.length > 0 && bytes.length <= MAX_CLAIM_BYTES
}

function paperOf({ isTombstone, bytes }: { readonly isTombstone: boolean; readonly bytes: Bytes }): SentPaper {
  return { is: isTombstone ? 'tombstone' : 'charter', bytes }
}

/** Returns the number of `claims`, at least one, that fit `room` bytes with three bytes of head each. */
export function countFitting(claims: readonly Uint8Array[], room: number): number {
  let left = room
  let count = 0
  for (const claim of claims) {
    left -= claim.length + 3
    if (left < 0) break
    count++
  }
  return Math.min(claims.length, Math.max(1, count))
}
