import { listOf, peerIdentity, record, uint, writable, type ValueOf } from '../core/encoding.ts'
import type { Clock } from '../ports/clock.ts'
import type { Network } from '../ports/network.ts'
import { answer, type AskOptions, converse, receiveMessage, sendMessage } from './conversation.ts'
import { messageFormat } from './message.ts'
import type { PeerId } from '../core/ids.ts'

/** Most peers in one answer. SPEC PEE2. */
const MAX_PEERS = 256
/** Most hops named for one peer. SPEC PEE2. */
const MAX_HOPS = 8

const introductionShape = record({ peer: peerIdentity, hops: listOf(peerIdentity, { max: MAX_HOPS }) })

/** A peer, and peers through which it can be reached. A hint: a peer that is dialled proves its own identity. */
export type Introduction = ValueOf<typeof introductionShape>

/** The request of the asking side. SPEC PEE1. */
export const peersRequests = messageFormat('peers-request', { wanted: { count: uint(MAX_PEERS, 1) } })
/** The answer. SPEC PEE2. */
export const peersAnswers = messageFormat('peers-answer', { peers: { peers: listOf(introductionShape, { max: MAX_PEERS }) } })

/**
 * Returns up to `want` (1..256) peers that `peer` knows to be online, never this peer itself.
 * @throws HoardError 'peer-unreachable' | 'holder-silent' | 'wire-malformed' | 'stream-closed'; `signal.reason`
 * Source: SPEC.md PEE1.
 */
export function askForPeers(
  network: Network,
  clock: Clock,
  peer: PeerId,
  want: number,
  options: AskOptions = {},
): Promise<readonly Introduction[]> {
  return converse(network, clock, peer, 'peers', options, async (wire) => {
    await sendMessage(wire, peersRequests, { is: 'wanted', count: Math.min(want, MAX_PEERS) }, options)
    const { peers } = await receiveMessage(wire, peersAnswers, options)
    return peers.slice(0, want).filter((introduction) => introduction.peer !== network.self)
  })
}

/** The knowledge of the answering side of peers. */
export interface PeersHost {
  /** Returns peers that are online, at most `atMost` of them (2..257): the caller looks at no more. */
  known(atMost: number): readonly Introduction[]
}

/** Answers with the first peers that `known` returns. Relays answer too. SPEC PEE1, PEE2. */
export function handlePeers(network: Network, clock: Clock, host: PeersHost): void {
  answer(network, clock, 'peers', async (wire) => {
    const { count } = await receiveMessage(wire, peersRequests)
    const others = host.known(count + 1).filter(({ peer }) => peer !== wire.peer)
    const told = others.map(({ peer, hops }) => ({ peer, hops: writable(peerIdentity, hops).slice(0, MAX_HOPS) }))
    await sendMessage(wire, peersAnswers, { is: 'peers', peers: fitting(writable(introductionShape, told).slice(0, count)) })
  })
}

/**
 * Leaves out the last peers when one message cannot hold them: an identity takes 40 bytes, and 256 peers with all their hops would not fit.
 */
function fitting(peers: readonly Introduction[]): readonly Introduction[] {
  let bytes = 64
  const taken: Introduction[] = []
  for (const introduction of peers) {
    bytes += 8 + 40 * (1 + introduction.hops.length)
    if (bytes > peersAnswers.maxBytes) break
    taken.push(introduction)
  }
  return taken
}
