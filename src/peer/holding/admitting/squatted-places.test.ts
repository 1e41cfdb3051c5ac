import { expect, test } from 'vitest'
import { createDeviceSigner } from '../../../adapters/storage/device-signer.ts'
import { concatBytes, equalBytes, type Bytes } from '../../../core/bytes.ts'
import { checkCharter } from '../../../core/charter.ts'
import { claimMessage, encodeClaim } from '../../../core/claim.ts'
import { decodeDescriptor, segmentIdOf } from '../../../core/descriptor.ts'
import { hashLeaf, rangeProof } from '../../../core/merkle.ts'
import { leafSpan, leavesOfShard, shardLength } from '../../../core/segment.ts'
import type { Network } from '../../../ports/network.ts'
import { handleHello } from '../../../protocol/hello.ts'
import { refused } from '../../../protocol/refusal.ts'
import { handleShard } from '../../../protocol/shard.ts'
import type { StoreRequest } from '../../../protocol/shard-messages.ts'
import { askToStore } from '../../../protocol/store-shard.ts'
import { bytesOf, createWorld, dropped, row, startHolders, type World } from '../../../sim/world.ts'

/** A shard that a squatter was given. */
interface Kept {
  readonly request: StoreRequest
  readonly bytes: Bytes
}

test('[ADM1] copies of one shard that a holder gives to everybody who comes do not take the places of the others', async () => {
  const world = createWorld({ seed: 'squatter' })
  await startHolders(world, 3)
  const signer = createDeviceSigner(new Uint8Array(32).fill(9))
  const { network } = world.swarm.join(signer.peerId)
  const kept = keepAndProve(world, network, signer)
  const owner = await world.start('owner', { offerBytes: 0 })
  world.swarm.connect(signer.peerId, owner.peerId)
  await world.until(() => owner.peer.snapshot().connection.people === 4)
  const [id = ''] = await world.run(owner.peer.storeFiles([dropped('letter', bytesOf('letter', 2_000_000))]))
  await world.until(() => row(owner, id).meter?.value === 4)
  expect(kept.length).toBeGreaterThan(0)
  for (let at = 0; at < 4; at++) {
    const late = await world.start(`late ${at}`, { isAlone: true })
    await world.run(squat(world, network, late.peerId, kept))
    expect(late.peer.snapshot().give.pieces).toBe(0)
    world.swarm.connect(late.peerId, owner.peerId)
  }
  await world.until(() => row(owner, id).meter?.value === 8)
  expect(row(owner, id).meter?.value).toBe(8)
})

/** Keeps the shards that it is given, claims them and proves them: an honest holder as far as anybody can see. */
function keepAndProve(world: World, network: Network, signer: ReturnType<typeof createDeviceSigner>): readonly Kept[] {
  const kept: Kept[] = []
  const find = (segmentId: Uint8Array): Kept => {
    const found = kept.find(({ request }) => equalBytes(segmentIdOf(request.descriptor), segmentId))
    if (!found) throw refused('UNKNOWN')
    return found
  }
  const hello = { engine: 'x', isPersisted: true, isHolder: true, offer: 1e9, room: 1e9, storeEpoch: new Uint8Array(16), clock: 0 }
  handleHello(network, world.clock, { mine: () => hello, onHello: () => undefined })
  handleShard(network, world.clock, {
    describe: async (segmentId) => find(segmentId).request.descriptor,
    has: async () => [],
    read: async ({ segmentId, ranges: [range] }) => {
      const { request, bytes } = find(segmentId)
      const { sealedLength, k } = decodeDescriptor(request.descriptor)
      const leaves = Array.from({ length: leavesOfShard(sealedLength, k) }, (_, leaf) => {
        const { offset, length } = leafSpan(sealedLength, k, leaf)
        return bytes.slice(offset, offset + length)
      })
      const { first = 0, count = 1 } = range ?? {}
      const digests = leaves.map((leaf) => hashLeaf(leaf))
      return { bytes: concatBytes(...leaves.slice(first, first + count)), proofs: [rangeProof(digests, first, count)] }
    },
    admit: async (_peer, request) => {
      const { sealedLength, k } = decodeDescriptor(request.descriptor)
      const bytes = new Uint8Array(shardLength(sealedLength, k))
      let at = 0
      return {
        is: 'wanted',
        from: 0,
        length: bytes.length,
        signal: new AbortController().signal,
        release: () => undefined,
        write: async (part) => {
          bytes.set(part, at)
          at += part.length
        },
        finish: async () => {
          kept.push({ request, bytes })
          const now = world.clock.now()
          const rows = [{ segmentId: segmentIdOf(request.descriptor), index: request.index }]
          const fields = { groupId: checkCharter(request.charter, now).groupId, holder: signer.peerId, seq: kept.length, rows, at: now }
          return encodeClaim(fields, await signer.sign(claimMessage(fields)))
        },
      }
    },
  })
  return kept
}

/** Offers every kept shard to a peer that has just come. */
async function squat(world: World, network: Network, peer: Network['self'], kept: readonly Kept[]): Promise<void> {
  for (const { request, bytes } of kept) {
    const turn = await askToStore(network, world.clock, peer, request).catch(() => undefined)
    if (turn?.is !== 'wanted') continue
    await turn.send(bytes)
    await turn.finish().catch(() => undefined)
  }
}
