import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createMemoryNetwork } from '../adapters/memory/memory-network.ts'
import { createVirtualClock } from '../adapters/memory/virtual-clock.ts'
import { createDeviceSigner } from '../adapters/storage/device-signer.ts'
import { concatBytes, type Bytes } from '../core/bytes.ts'
import { MAX_CLAIM_BYTES } from '../core/claim.ts'
import { brandBytes, type SegmentId, type GroupId, type PeerId } from '../core/ids.ts'
import { editsOf } from '../core/vectors/hostile-bytes.rig.ts'
import type { Network } from '../ports/network.ts'
import { protocolOf } from './conversation.ts'
import { askToDescribe, askWhetherHas, openFetch } from './fetch-shard.ts'
import { askWho, handleGroup, tell } from './group.ts'
import { askHello, handleHello, sayGoodbye } from './hello.ts'
import { MAX_INBOUND } from './limits.ts'
import { type MessageSample, messageSamples, sampledHello, sampledPeer } from './message-samples.rig.ts'
import { askForPeers, handlePeers } from './peers.ts'
import type { Refusal } from './refusal.ts'
import { refused } from './refusal.ts'
import { handleShard } from './shard.ts'
import { askToRepair } from './repair-shard.ts'
import type { Admission, ShardHost } from './shard-messages.ts'
import { askToStore } from './store-shard.ts'
import { askToCompare, askToSum, exchangeBeacons, sayRepairing } from './sync.ts'
import type { SyncHost } from './sync-messages.ts'
import { codeOf } from '../core/errors.ts'

const segmentId = brandBytes<SegmentId>(new Uint8Array(32).fill(0x22))
const groupId = brandBytes<GroupId>(new Uint8Array(32).fill(0x33))
const few = Uint8Array.of(0xaa, 0xbb)

describe('a handler', () => {
  it.each(messageSamples().filter(({ side }) => side === 'request'))(
    '[WIR7] answers $name, or drops its stream, whatever a stranger makes of the bytes',
    async ({ conversation, encoded }) => {
      const { asker, holder, clock } = joined()
      const { network, bugs } = watched(holder)
      answerAll(network, clock)
      const good = framed(encoded)
      await fc.assert(
        fc.asyncProperty(editsOf(good), async (edited) => {
          const channel = await asker.open(holder.self, protocolOf(conversation))
          await channel.write(edited).catch(() => undefined)
          await channel.close()
          const end = await endOf(async () => {
            while (await channel.read());
          })
          return end !== 'bug' && bugs.length === 0
        }),
        { numRuns: 150 },
      )
      // The last handler may still be ending.
      await clock.advance(0)
      expect(clock.waiting()).toBe(0)
    },
  )

  it('[WIR6] answers eight streams of one peer at once and no ninth', async () => {
    const { asker, holder, clock } = joined()
    answerAll(holder, clock)
    const streams = await Promise.all(Array.from({ length: MAX_INBOUND }, () => asker.open(holder.self, protocolOf('group'))))
    expect(codeOf(await asker.open(holder.self, protocolOf('group')).catch((error: unknown) => error))).toBe('stream-closed')
    expect((await askForPeers(asker, clock, holder.self, 1)).length).toBe(1)
    for (const stream of streams) stream.abort()
    expect((await askWho(asker, clock, holder.self, groupId)).claims.length).toBe(1)
  })

  it.each<readonly [Refusal]>([
    ['FULL'],
    ['QUOTA'],
    ['BUSY'],
    ['RATE'],
    ['UNKNOWN'],
    ['EXPIRED'],
    ['BAD-SIGNATURE'],
    ['BAD-REQUEST'],
    ['BUSY-REPAIRING'],
  ])('[REF1] that says %s is heard as that, and answers the next request of the stream', async (refusal) => {
    const { asker, holder, clock } = joined()
    let isWilling = false
    const read: ShardHost['read'] = async (request) => {
      if (isWilling) return shardHost.read(request)
      isWilling = true
      throw refused(refusal)
    }
    handleShard(holder, clock, { ...shardHost, read })
    const turn = await openFetch(asker, clock, holder.self)
    const wanted = { segmentId, index: 7, firstLeaf: 0, leaves: 1 }
    await expect(turn.read(wanted)).rejects.toMatchObject({ code: 'holder-refused', facts: { refusal } })
    expect(await turn.read(wanted)).toEqual({ bytes: few, proof: [] })
    turn.close()
  })
})

describe('the asking side', () => {
  const answers = messageSamples().filter(({ side }) => side === 'answer')
  it.each(answers)('[WIR7] gets an answer or an error of the closed table, whatever $name is made into', async (sample) => {
    const { asker, holder, clock } = joined()
    await fc.assert(
      fc.asyncProperty(editsOf(concatBytes(framed(sample.encoded), framed(few).subarray(1))), fc.nat(9), async (edited, which) => {
        holder.handle(
          protocolOf(sample.conversation),
          async (channel) => {
            await channel.read()
            await channel.write(edited)
          },
          { maxInbound: 100 },
        )
        const asks = asksOf(sample.conversation, asker, holder.self, clock)
        const ask = asks[which % asks.length]
        return (await endOf(async () => ask?.())) !== 'bug'
      }),
      { numRuns: 100 },
    )
    await clock.advance(0)
    expect(clock.waiting()).toBe(0)
  })
})

describe('an answer that names others', () => {
  // A secp256k1 identity, an RSA one, and text that is no identity: the casts stand for a fault elsewhere.
  const strangers = ['16Uiu2HAmVM53f97No3BkbiyxbXUV98w2F9aUQy6V9mGRFmLx8Rxj', 'QmcgpsyWgH8Y8ajJz1Cu72KnS5uo2Aa2LpzU7kinSupNKC', 'eve'].map(
    (text) => text as PeerId,
  )

  it('[PEE3] leaves out peers and hops that cannot be said, and says all others', async () => {
    const { asker, holder, clock } = joined()
    const known = [...strangers, sampledPeer].flatMap((peer) => [{ peer, hops: [...strangers, sampledPeer] }])
    handlePeers(holder, clock, { known: () => known })
    expect(await askForPeers(asker, clock, holder.self, 256)).toEqual([{ peer: sampledPeer, hops: [sampledPeer] }])
  })

  it('[PEE1] looks at no more peers than were asked for, however many there are', async () => {
    const { asker, holder, clock } = joined()
    const asked: number[] = []
    handlePeers(holder, clock, {
      known: (atMost) => {
        asked.push(atMost)
        return [{ peer: sampledPeer, hops: [] }]
      },
    })
    await askForPeers(asker, clock, holder.self, 32)
    expect(asked).toEqual([33])
  })

  it('[GRO1] leaves out claims that no message carries, and says all others', async () => {
    const { asker, holder, clock } = joined()
    const claims = [new Uint8Array(0), few, new Uint8Array(MAX_CLAIM_BYTES + 1), few].map((bytes) => ({ holder: sampledPeer, bytes }))
    handleGroup(holder, clock, { who: async () => ({ claims }), told: async () => undefined })
    expect((await askWho(asker, clock, holder.self, groupId)).claims).toEqual([few, few])
  })
})

/** Returns two peers of a network, and the clock of both. */
function joined() {
  const net = createMemoryNetwork()
  const [asker, holder] = [2, 3].map((seed) => net.join(createDeviceSigner(new Uint8Array(32).fill(seed)).peerId).network)
  if (!asker || !holder) throw new Error('two peers')
  return { asker, holder, clock: createVirtualClock() }
}

/** Returns the network, and the errors that its handlers throw without a code of the closed table. */
function watched(network: Network): { readonly network: Network; readonly bugs: readonly unknown[] } {
  const bugs: unknown[] = []
  const handle: Network['handle'] = (protocol, handler, options) =>
    network.handle(
      protocol,
      (channel) =>
        handler(channel).catch((error: unknown) => {
          if (codeOf(error) === undefined) bugs.push(error)
          throw error
        }),
      options,
    )
  return { network: { ...network, handle }, bugs }
}

const wanted: Admission = {
  is: 'wanted',
  from: 0,
  length: 2,
  signal: new AbortController().signal,
  write: async () => undefined,
  finish: async () => few,
  release: () => undefined,
}
const shardHost: ShardHost = {
  describe: async () => few,
  has: async (segmentIds) => segmentIds.map((id) => ({ segmentId: id, index: 7 })),
  read: async ({ ranges }) => ({ bytes: few, proofs: ranges.map(() => []) }),
  admit: async () => wanted,
  admitRepair: async () => wanted,
}

const comparedRow = { groupId, paper: new Uint8Array(8), holders: new Uint8Array(8) }
const syncHost: SyncHost = {
  compare: async (_peer, rows) => ({ differing: [], unknown: rows.map((_row, place) => place) }),
  beacons: async () => ({ beacons: [few] }),
  repairing: async () => undefined,
  sums: async (_peer, sums) => sums.map((sum, place) => ({ place, sum })),
}

function answerAll(network: Network, clock: Parameters<typeof handleShard>[1]): void {
  handleShard(network, clock, shardHost)
  handleGroup(network, clock, {
    who: async () => ({ claims: [{ holder: sampledPeer, bytes: few }] }),
    told: async () => undefined,
    ...syncHost,
  })
  handlePeers(network, clock, { known: () => [{ peer: sampledPeer, hops: [] }] })
  handleHello(network, clock, { mine: () => sampledHello, onHello: () => undefined })
}

function asksOf(
  conversation: MessageSample['conversation'],
  network: Network,
  peer: Network['self'],
  clock: Parameters<typeof handleShard>[1],
): readonly (() => Promise<unknown>)[] {
  switch (conversation) {
    case 'hello':
      return [() => askHello(network, clock, peer, sampledHello), () => sayGoodbye(network, clock, peer)]
    case 'peers':
      return [() => askForPeers(network, clock, peer, 256)]
    case 'group':
      return [
        () => askWho(network, clock, peer, groupId),
        () => tell(network, clock, peer, { charter: few, claims: [few, few] }),
        () => askToCompare(network, clock, peer, [comparedRow, comparedRow]),
        () => exchangeBeacons(network, clock, peer, { wanted: [sampledPeer], beacons: [few] }),
        () => sayRepairing(network, clock, peer, { segmentId, course: { is: 'done' } }),
        () => askToSum(network, clock, peer, [new Uint8Array(8), new Uint8Array(8)]),
      ]
    case 'shard':
      return [
        () => askToDescribe(network, clock, peer, segmentId),
        () => askWhetherHas(network, clock, peer, [segmentId]),
        async () => {
          const turn = await openFetch(network, clock, peer)
          await turn.read({ segmentId, index: 7, firstLeaf: 0, leaves: 1 }).finally(() => turn.close())
        },
        async () => {
          const turn = await askToStore(network, clock, peer, { descriptor: few, charter: few, index: 7 })
          if (turn.is === 'wanted') await turn.send(few).then(() => turn.finish())
        },
        async () => {
          const turn = await askToRepair(network, clock, peer, { descriptor: few, charter: few, index: 7, claims: [few, few] })
          if (turn !== 'not spoken' && turn.is === 'wanted') await turn.send(few).then(() => turn.finish())
        },
      ]
  }
}

/** Returns the bytes of a direction that carries `frame` alone. */
function framed(frame: Bytes): Bytes {
  const { length } = frame
  return concatBytes(
    Uint8Array.of(1),
    length < 128 ? Uint8Array.of(length) : Uint8Array.of((length % 128) + 128, Math.floor(length / 128)),
    frame,
  )
}

/** Returns the outcome of `work`: 'bug' for an error that is not in the closed table. */
async function endOf(work: () => Promise<unknown>): Promise<string> {
  try {
    await work()
    return 'done'
  } catch (error) {
    return codeOf(error) ?? 'bug'
  }
}
