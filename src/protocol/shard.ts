import type { PeerId } from '../core/ids.ts'
import type { Clock } from '../ports/clock.ts'
import type { Network } from '../ports/network.ts'
import { answer, receiveMessageOrEnd, sendMessage } from './conversation.ts'
import { answerFetch } from './fetch-shard.ts'
import { IDLE_MS, MAX_INBOUND } from './limits.ts'
import { endsConversation, refused } from './refusal.ts'
import { type FetchRequest, refusalAnswer, type ShardHost, type ShardRequest, shardAnswers, shardRequests } from './shard-messages.ts'
import { createRepairIntake, type RepairIntake } from './repair-shard.ts'
import { handleStore } from './store-shard.ts'
import type { Wire } from './wire.ts'

/**
 * Answers DESCRIBE, HAS, FETCH, STORE and, where `host` admits repairs, REPAIR, any number over one stream, in order.
 * Source: SPEC.md SHA1, REP1.
 */
export function handleShard(network: Network, clock: Clock, host: ShardHost): void {
  const readsByPeer = new Map<PeerId, number>()
  const repairs = createRepairIntake(host)

  /** A read outlives its stream: a peer that drops each stream after its request could otherwise begin any number. SPEC FET4. */
  async function readFor(peer: PeerId, request: FetchRequest): ReturnType<ShardHost['read']> {
    const others = readsByPeer.get(peer) ?? 0
    if (others >= MAX_INBOUND) throw refused('BUSY')
    readsByPeer.set(peer, others + 1)
    try {
      return await host.read(request)
    } finally {
      const left = (readsByPeer.get(peer) ?? 1) - 1
      if (left > 0) readsByPeer.set(peer, left)
      else readsByPeer.delete(peer)
    }
  }

  answer(network, clock, 'shard', async (wire) => {
    const hostOfPeer: ShardHost = { ...host, read: (request) => readFor(wire.peer, request) }
    // The side that opens a stream must speak at once; before later requests it may wait longer.
    let request = await receiveMessageOrEnd(wire, shardRequests)
    while (request !== undefined) {
      if ((await answerRequest(wire, hostOfPeer, repairs, request)) === 'is over') return
      request = await receiveMessageOrEnd(wire, shardRequests, { waitMs: IDLE_MS })
    }
  })
}

/** Answers one request and tells whether the stream may go on. */
async function answerRequest(wire: Wire, host: ShardHost, repairs: RepairIntake, request: ShardRequest): Promise<'goes on' | 'is over'> {
  try {
    if (request.is === 'repair') return await repairs.take(wire, request)
    if (request.is === 'store') return await handleStore(wire, host, request)
    if (request.is === 'describe') {
      await sendMessage(wire, shardAnswers, { is: 'described', descriptor: await host.describe(request.segmentId) })
    } else if (request.is === 'has') {
      const rows = await host.has(request.segmentIds)
      await sendMessage(wire, shardAnswers, { is: 'has', rows: rows.map(({ segmentId, index }) => [segmentId, index] as const) })
    } else {
      const { segmentId, index } = request
      await answerFetch(wire, host, { segmentId, index, ranges: request.ranges.map(([first, count]) => ({ first, count })) })
    }
  } catch (error) {
    const refusal = refusalAnswer(error)
    if (refusal === undefined) throw error
    await sendMessage(wire, shardAnswers, refusal)
    if (endsConversation(refusal.refusal)) return 'is over'
  }
  return 'goes on'
}
