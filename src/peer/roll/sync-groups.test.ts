import { afterEach, describe, expect, test } from 'vitest'
import { createDeviceSigner } from '../../adapters/storage/device-signer.ts'
import { createSeededRandom } from '../../adapters/memory/seeded-random.ts'
import { fromHex, type Bytes } from '../../core/bytes.ts'
import { claimMessage, encodeClaim } from '../../core/claim.ts'
import { brandBytes, type GroupId, type PeerId, type SegmentId } from '../../core/ids.ts'
import { defaultPolicy, type Policy } from '../../core/policy.ts'
import type { Channel, Network } from '../../ports/network.ts'
import { protocolOf } from '../../protocol/conversation.ts'
import { askToDescribe, askWhetherHas } from '../../protocol/fetch-shard.ts'
import { tell } from '../../protocol/group.ts'
import { outcome } from '../../sim/holder.rig.ts'
import { bytesOf, createWorld, dropped, type RiggedPeer, row, startHolders, type World } from '../../sim/world.ts'

const HOUR_MS = 3_600_000
/** Longer than the fortnight of a charter without a root, shorter than the term of one with it. */
const MONTH_MS = 30 * 24 * HOUR_MS
const running: RiggedPeer[] = []

afterEach(async () => {
  for (const { peer } of running.splice(0)) void peer.close()
})

/** Stores a file of one segment with holders that are there, as a new owner; resolves with the owner and the file. */
async function storeOne(world: World) {
  const owner = await world.start('owner', { offerBytes: 0 })
  const [id = ''] = await world.run(owner.peer.storeFiles([dropped('film', bytesOf('film', 100_000))]))
  await world.until(() => row(owner, id).canShare === true)
  return { owner, id }
}

async function keptOf(world: World, { peer }: RiggedPeer) {
  return world.run(peer.kept())
}

describe('returned holders', () => {
  test.each([3, 7])(
    '[SYN6] of eight %i that slept through a deletion serve nothing of it when they are back, and learn of it',
    async (count) => {
      const world = createWorld({ seed: 'slept' })
      const holders = await startHolders(world, 8)
      const { owner, id } = await storeOne(world)
      running.push(...holders, owner)
      const sleepers = holders.slice(0, count)
      const segments = (await keptOf(world, holders[0] as RiggedPeer)).map(({ segmentId }) => brandBytes<SegmentId>(fromHex(segmentId)))
      expect(segments.length).toBeGreaterThan(0)
      // Time for the note that somebody is near.
      await world.clock.advance(60_000)
      for (const sleeper of sleepers) world.kill(sleeper)
      await world.clock.advance(60_000)
      await world.run(owner.peer.remove(id))
      await world.until(() => owner.peer.snapshot().files.length === 0)
      await world.clock.advance(60_000)
      world.kill(owner)
      await world.clock.advance(13 * HOUR_MS)

      const reader = world.swarm.join(createDeviceSigner(createSeededRandom('reader').bytes(32)).peerId).network
      // Where almost everybody slept, the one that was awake is away for the first seconds: the sleepers meet each other alone.
      const late = count === 7 ? holders.at(-1) : undefined
      if (late) world.kill(late)
      const back: RiggedPeer[] = []
      for (const { name, files } of sleepers) back.push(await world.start(name, { files }))
      running.push(...back)
      let served = 0
      for (let second = 0; second < 120; second += 2) {
        if (late && second === 16) running.push(await world.start(late.name, { files: late.files }))
        for (const { peerId } of back) served += (await world.run(askWhetherHas(reader, world.clock, peerId, segments))).length
        await world.clock.advance(2_000)
      }
      expect(served).toBe(0)
      for (const { peerId } of back) {
        expect(await world.run(outcome(askToDescribe(reader, world.clock, peerId, segments[0] as SegmentId)))).toBe('EXPIRED')
      }
    },
  )

  test('[SYN6] a holder that comes back where nobody answers serves after 30 s', async () => {
    const world = createWorld({ seed: 'alone' })
    const holders = await startHolders(world, 3)
    const { owner } = await storeOne(world)
    const [first] = holders as [RiggedPeer]
    const segments = (await keptOf(world, first)).map(({ segmentId }) => brandBytes<SegmentId>(fromHex(segmentId)))
    await world.clock.advance(60_000)
    for (const each of [...holders, owner]) world.kill(each)
    await world.clock.advance(13 * HOUR_MS)
    const reader = world.swarm.join(createDeviceSigner(createSeededRandom('reader').bytes(32)).peerId).network
    const back = await world.start(first.name, { files: first.files })
    running.push(back)
    expect(await world.run(outcome(askToDescribe(reader, world.clock, back.peerId, segments[0] as SegmentId)))).toBe('BUSY')
    await world.clock.advance(31_000)
    expect(await world.run(outcome(askToDescribe(reader, world.clock, back.peerId, segments[0] as SegmentId)))).toBe('done')
  })
})

describe('a swarm', () => {
  test('[SYN6] that slept as a whole serves as soon as the holders of a group have met', async () => {
    const world = createWorld({ seed: 'whole' })
    const holders = await startHolders(world, 3)
    const { owner } = await storeOne(world)
    const segments = (await keptOf(world, holders[0] as RiggedPeer)).map(({ segmentId }) => brandBytes<SegmentId>(fromHex(segmentId)))
    await world.clock.advance(60_000)
    for (const each of [...holders, owner]) world.kill(each)
    await world.clock.advance(13 * HOUR_MS)
    const back: RiggedPeer[] = []
    for (const { name, files } of holders) back.push(await world.start(name, { files }))
    running.push(...back)
    const reader = world.swarm.join(createDeviceSigner(createSeededRandom('reader').bytes(32)).peerId).network
    await world.clock.advance(10_000)
    for (const { peerId } of back) {
      expect(await world.run(outcome(askToDescribe(reader, world.clock, peerId, segments[0] as SegmentId)))).toBe('done')
    }
  })
})

describe('news of a group', () => {
  test('[SYN7] reaches a holder that its owner never told within one scan', async () => {
    const scanMs = HOUR_MS
    const policy: Policy = { ...defaultPolicy, guardian: { ...defaultPolicy.guardian, scanMs } }
    const world = createWorld({ seed: 'untold', policy })
    const told: { owner?: PeerId } = {}
    /** Drops every stream by which the owner tells of groups. */
    const deaf = (network: Network): Network => ({
      ...network,
      handle: (protocol, handler, options) =>
        network.handle(
          protocol,
          async (channel) => {
            if (protocol === protocolOf('group') && channel.peer === told.owner) channel.abort()
            else await handler(channel)
          },
          options,
        ),
    })
    const missing = await world.start('missing', { network: deaf })
    running.push(missing, ...(await startHolders(world, 5)))
    const owner = await world.start('owner', { offerBytes: 0 })
    told.owner = owner.peerId
    running.push(owner)
    const [id = ''] = await world.run(owner.peer.storeFiles([dropped('film', bytesOf('film', 100_000))]))
    await world.until(() => row(owner, id).canShare === true)
    const [before] = await keptOf(world, missing)
    expect((before?.until ?? 0) - world.clock.now()).toBeLessThan(MONTH_MS)
    world.kill(owner)
    await world.clock.advance(scanMs)
    const [after] = await keptOf(world, missing)
    expect((after?.until ?? 0) - world.clock.now()).toBeGreaterThan(MONTH_MS)
  })
})

describe('an owner', () => {
  test('[SYN7] hears of a holder to whom somebody else gave a piece, and compares with it from then on', async () => {
    const world = createWorld({ seed: 'adopted' })
    const holders = await startHolders(world, 4)
    const asked: PeerId[] = []
    const overhear = (network: Network): Network => ({
      ...network,
      handle: (protocol, handler, options) =>
        network.handle(
          protocol,
          async (channel) => {
            const read: Channel['read'] = async (options) => {
              const bytes = await channel.read(options)
              if (protocol === protocolOf('group') && bytes !== undefined && kindOf(bytes) === COMPARE) asked.push(channel.peer)
              return bytes
            }
            await handler({ ...channel, read })
          },
          options,
        ),
    })
    const newcomer = await world.start('newcomer', { offerBytes: 0, network: overhear })
    const { owner } = await storeOne(world)
    running.push(...holders, newcomer, owner)
    await world.clock.advance(60_000)
    const [kept] = await keptOf(world, holders[0] as RiggedPeer)
    const groupId = brandBytes<GroupId>(fromHex(kept?.groupId ?? ''))
    const rows = [{ segmentId: brandBytes<SegmentId>(fromHex(kept?.segmentId ?? '')), index: 9 }]
    const signer = createDeviceSigner(createSeededRandom('adopted peer newcomer').bytes(32))
    const fields = { groupId, holder: newcomer.peerId, seq: 1, rows, at: world.clock.now() }
    const claim = encodeClaim(fields, await signer.sign(claimMessage(fields)))
    const teller = world.swarm.join(createDeviceSigner(createSeededRandom('teller').bytes(32)).peerId).network
    await world.run(tell(teller, world.clock, (holders[0] as RiggedPeer).peerId, { claims: [claim] }))
    expect(asked).not.toContain(owner.peerId)
    await world.clock.advance(2 * defaultPolicy.guardian.scanMs + 60_000)
    expect(asked).toContain(owner.peerId)
  })
})

const COMPARE = 3

/** Returns the number of the kind of the message that opens a stream, whose first bytes these are. SPEC WIR2, WIR4. */
function kindOf(opening: Bytes): number | undefined {
  let at = 1
  while ((opening[at] ?? 0) >= 128) at++
  // The last byte of the length, then the version of the object, the head of its map and the first key.
  return opening[at + 4]
}
