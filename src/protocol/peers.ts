import { listOf, peerIdentity, record, uint, writable, type ValueOf } from '../core/encoding.ts'
import type { Clock } from '../ports/clock.ts'
import type { Network } from '../ports/network.ts'
import { answer, type AskOptions, converse, receiveMessage, sendMessage } from './conversation.ts'
import { messageFormat } from './message.ts'
import type { PeerId } from '../core/ids.ts'

/** Most peers in one answer. SPEC PEE2. */
const MAX_PEERS = 256
/** Most hops told of one peer. SPEC PEE2. */
const MAX_HOPS = 8

const introductionShape = record({ peer: peerIdentity, hops: listOf(peerIdentity, { max: MAX_HOPS }) })

/** A peer, and peers through which it can be reached. A hint: whoever is dialled proves who it is. */
export type Introduction = ValueOf<typeof introductionShape>

/** What the asking side says. SPEC PEE1. */
export const peersRequests = messageFormat('peers-request', { wanted: { count: uint(MAX_PEERS, 1) } })
/** What is answered. SPEC PEE2. */
export const peersAnswers = messageFormat('peers-answer', { peers: { peers: listOf(introductionShape, { max: MAX_PEERS }) } })

/**
 * Returns up to `want` (1..256) peers that `peer` knows to be about, never this peer itself.
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

/** What the answering side of peers knows. */
export interface PeersHost {
  /** Peers that are about, `atMost` of them (2..257): more are not looked at. */
  known(atMost: number): readonly Introduction[]
}

/** Answers with what `known` returns, the first ones it names. Relays answer it too. SPEC PEE1, PEE2. */
export function handlePeers(network: Network, clock: Clock, host: PeersHost): void {
  answer(network, clock, 'peers', async (wire) => {
    const { count } = await receiveMessage(wire, peersRequests)
    const others = host.known(count + 1).filter(({ peer }) => peer !== wire.peer)
    const told = others.map(({ peer, hops }) => ({ peer, hops: writable(peerIdentity, hops).slice(0, MAX_HOPS) }))
    await sendMessage(wire, peersAnswers, { is: 'peers', peers: fitting(writable(introductionShape, told).slice(0, count)) })
  })
}

/** An identity takes 40 bytes on the wire: with all their hops, 256 peers would not fit one message. */
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
