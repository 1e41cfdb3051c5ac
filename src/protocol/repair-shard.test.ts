import { describe, expect, it } from 'vitest'
import { createMemoryNetwork } from '../adapters/memory/memory-network.ts'
import { createVirtualClock } from '../adapters/memory/virtual-clock.ts'
import { createDeviceSigner } from '../adapters/storage/device-signer.ts'
import type { Bytes } from '../core/bytes.ts'
import { MAX_CLAIM_BYTES } from '../core/claim.ts'
import { createRig, outcome } from '../sim/holder.rig.ts'
import { openWire, receiveMessage, sendMessage } from './conversation.ts'
import { askToRepair } from './repair-shard.ts'
import { handleShard } from './shard.ts'
import { type RepairRequest, shardAnswers, type ShardHost, shardRequests } from './shard-messages.ts'

const few = Uint8Array.of(0xaa, 0xbb)
const claims = [Uint8Array.of(1, 2), Uint8Array.of(3, 4)]
const { descriptor } = createRig().own('film')
const unused = async (): Promise<never> => {
  throw new Error('not asked')
}

/** Returns a guardian, and a holder that keeps what is repaired, or does not speak REPAIR. */
function joined(speaks: 'repair' | 'no repair' = 'repair') {
  const net = createMemoryNetwork()
  const clock = createVirtualClock()
  const [guardian, holder] = [2, 3].map((seed) => net.join(createDeviceSigner(new Uint8Array(32).fill(seed)).peerId).network)
  if (!guardian || !holder) throw new Error('two peers')
  const [admitted, written]: [RepairRequest[], Bytes[]] = [[], []]
  const host: ShardHost = { describe: async () => few, has: async () => [], read: unused, admit: unused }
  const admitRepair: NonNullable<ShardHost['admitRepair']> = async (_peer, request) => {
    admitted.push(request)
    return {
      is: 'wanted',
      from: 0,
      length: 2,
      signal: new AbortController().signal,
      write: async (bytes) => void written.push(new Uint8Array(bytes)),
      finish: async () => few,
      release: () => undefined,
    }
  }
  handleShard(holder, clock, speaks === 'repair' ? { ...host, admitRepair } : host)
  return { guardian, clock, peer: holder.self, admitted, written }
}

describe('a repair', () => {
  it('[REP1] shows its claims one by one, and goes on as a store', async () => {
    const { guardian, clock, peer, admitted, written } = joined()
    const turn = await askToRepair(guardian, clock, peer, { descriptor, charter: few, index: 1, claims })
    if (turn === 'not spoken' || turn.is !== 'wanted') throw new Error('wanted')
    await turn.send(few)
    expect(await turn.finish()).toEqual(few)
    expect(admitted).toEqual([{ descriptor, charter: few, index: 1, claims }])
    expect(written).toEqual([few])
  })

  it('[SYN1] a peer that does not speak it drops the stream, which is an outcome of its own', async () => {
    const { guardian, clock, peer } = joined('no repair')
    expect(await askToRepair(guardian, clock, peer, { descriptor, charter: few, index: 1, claims })).toBe('not spoken')
  })

  it('[REP1] with fewer claims than k is BAD-REQUEST, and the stream goes on', async () => {
    const { guardian, clock, peer, admitted } = joined()
    const wide = createRig().own('wide', { k: 3, n: 5 })
    const wire = await openWire(guardian, clock, peer, 'shard', {})
    await sendMessage(wire, shardRequests, { is: 'repair', descriptor: wide.descriptor, charter: few, index: 1, count: 2 })
    for (const claim of claims) await wire.writeFrame(claim)
    expect(await receiveMessage(wire, shardAnswers)).toEqual({ is: 'refused', refusal: 'BAD-REQUEST' })
    await sendMessage(wire, shardRequests, { is: 'describe', segmentId: wide.segmentId })
    expect(await receiveMessage(wire, shardAnswers)).toEqual({ is: 'described', descriptor: few })
    expect(admitted).toEqual([])
    wire.abort()
  })

  it.each<readonly [string, readonly number[]]>([
    ['an empty claim', [0, 2]],
    ['a claim that is too long', [MAX_CLAIM_BYTES + 1, 2]],
    ['claims of more than 1 MiB', Array<number>(60).fill(MAX_CLAIM_BYTES)],
  ])('[REP2] with %s drops the stream and admits nothing', async (_name, lengths) => {
    const { guardian, clock, peer, admitted } = joined()
    const offer = { descriptor, charter: few, index: 1, claims: lengths.map((length) => new Uint8Array(length)) }
    expect(await askToRepair(guardian, clock, peer, offer)).toBe('not spoken')
    expect(admitted).toEqual([])
  })

  it('[REP2] of one peer two are read at once, and a third one is BUSY', async () => {
    const { guardian, clock, peer } = joined()
    const request = { is: 'repair', descriptor, charter: few, index: 1, count: 2 } as const
    const waiting = await Promise.all([1, 2].map(() => openWire(guardian, clock, peer, 'shard', {})))
    for (const wire of waiting) await sendMessage(wire, shardRequests, request)
    expect(await outcome(askToRepair(guardian, clock, peer, { descriptor, charter: few, index: 1, claims }))).toBe('BUSY')
    for (const wire of waiting) {
      for (const claim of claims) await wire.writeFrame(claim)
      expect(await receiveMessage(wire, shardAnswers)).toEqual({ is: 'wanted', from: 0 })
      wire.abort()
    }
    await clock.advance(0)
    expect(await askToRepair(guardian, clock, peer, { descriptor, charter: few, index: 1, claims })).toMatchObject({ is: 'wanted' })
  })
})
