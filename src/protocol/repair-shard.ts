import type { Bytes } from '../core/bytes.ts'
import { MAX_CLAIM_BYTES } from '../core/claim.ts'
import { decodeDescriptor } from '../core/descriptor.ts'
import { codeOf, HoardError } from '../core/errors.ts'
import type { PeerId } from '../core/ids.ts'
import type { Clock } from '../ports/clock.ts'
import type { Network } from '../ports/network.ts'
import { openWire, outOfTurn, sendMessage } from './conversation.ts'
import { REPAIR_CLAIM_BYTES, REPAIRS_OF_ALL, REPAIRS_OF_ONE } from './limits.ts'
import { createWindow } from './pace/window.ts'
import { refused } from './refusal.ts'
import { type Admission, refusalAnswer, shardAnswers, type ShardHost, type ShardRequest, shardRequests } from './shard-messages.ts'
import { readAdmission, readOut, type ShardOffer, type StoreExchange, type StoreOptions, takeShard } from './store-shard.ts'
import type { NotSpoken } from './sync.ts'
import type { Wire } from './wire.ts'

/** The content of a REPAIR. */
export interface RepairOffer extends Omit<ShardOffer, 'permit'> {
  /** Encoded claims of others on the segment: at least k and at most 254 of them, 1 MiB in all. */
  readonly claims: readonly Uint8Array[]
}

/** The holder's side of REPAIR. */
export interface RepairIntake {
  /** Reads the claims of a REPAIR, then its bytes, and answers it. Returns whether the stream may go on. Throws what drops the stream. */
  take(wire: Wire, request: Extract<ShardRequest, { is: 'repair' }>): Promise<'goes on' | 'is over'>
}

/**
 * Offers `peer` a shard that was made anew, over a stream of its own, and returns its answer; 'not spoken' when it drops the stream before
 * it answers.
 * @throws HoardError 'holder-refused' {refusal} | 'peer-unreachable' | 'holder-silent' | 'wire-malformed' | 'stream-closed' (no stream was
 * opened); `signal.reason`
 * Source: SPEC.md REP1, STO1..STO6.
 */
export async function askToRepair(
  network: Network,
  clock: Clock,
  peer: PeerId,
  offer: RepairOffer,
  options: StoreOptions = {},
): Promise<StoreExchange | NotSpoken> {
  const { signal } = options
  const wire = await openWire(network, clock, peer, 'shard', options)
  const [descriptor, charter] = [new Uint8Array(offer.descriptor), new Uint8Array(offer.charter)]
  try {
    const request = { is: 'repair', descriptor, charter, index: offer.index, count: offer.claims.length } as const
    await sendMessage(wire, shardRequests, request, { signal })
    for (const claim of offer.claims) await wire.writeFrame(claim, { signal })
    return await readAdmission({ wire, window: createWindow(clock), onFree: () => void wire.close() }, options)
  } catch (error) {
    if (codeOf(error) !== 'holder-refused') wire.abort()
    if (codeOf(error) === 'stream-closed') return 'not spoken'
    throw error
  }
}

/** Returns the intake of a holder, which reads the claims of few REPAIRs at once. Source: SPEC.md REP1, REP2. */
export function createRepairIntake(host: ShardHost): RepairIntake {
  const readingByPeer = new Map<PeerId, number>()
  let reading = 0

  /** Returns the claims of a REPAIR; undefined when too many are being read. */
  async function readClaims(wire: Wire, count: number): Promise<readonly Bytes[] | undefined> {
    const others = readingByPeer.get(wire.peer) ?? 0
    if (others >= REPAIRS_OF_ONE || reading >= REPAIRS_OF_ALL) return undefined
    readingByPeer.set(wire.peer, others + 1)
    reading++
    try {
      const claims: Bytes[] = []
      for (let left = REPAIR_CLAIM_BYTES; claims.length < count;) {
        const claim = await wire.readFrame(Math.min(MAX_CLAIM_BYTES, left))
        if (claim.length === 0) outOfTurn(wire, 'empty claim')
        claims.push(claim)
        left -= claim.length
      }
      return claims
    } finally {
      reading--
      const now = (readingByPeer.get(wire.peer) ?? 1) - 1
      if (now > 0) readingByPeer.set(wire.peer, now)
      else readingByPeer.delete(wire.peer)
    }
  }

  return {
    async take(wire, { descriptor, charter, index, count }) {
      const { admitRepair } = host
      if (!admitRepair) throw new HoardError('wire-malformed', { reason: 'not spoken here', is: 'repair' })
      const claims = await readClaims(wire, count)
      if (!claims) return refuseUnread(wire)
      // Fewer claims than k prove nothing that a reader could rebuild.
      if (count < decodeDescriptor(descriptor).k) throw refused('BAD-REQUEST')
      const admission: Admission = await admitRepair(wire.peer, { descriptor, charter, index, claims })
      return takeShard(wire, admission)
    },
  }
}

/** Says BUSY to a REPAIR whose claims nobody reads, and takes those that are under way, so that the refusal is read. */
async function refuseUnread(wire: Wire): Promise<'is over'> {
  const answer = refusalAnswer(refused('BUSY'))
  if (answer) await sendMessage(wire, shardAnswers, answer)
  await readOut(wire)
  return 'is over'
}
