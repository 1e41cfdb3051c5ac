import { expect, test } from 'vitest'
import { createDeviceSigner } from '../../../adapters/storage/device-signer.ts'
import { createSeededRandom } from '../../../adapters/memory/seeded-random.ts'
import { createVirtualClock } from '../../../adapters/memory/virtual-clock.ts'
import { fromHex } from '../../../core/bytes.ts'
import { brandBytes, type SegmentId } from '../../../core/ids.ts'
import { parsePolicy, type Policy } from '../../../core/policy.ts'
import { createChanges } from '../../../flow/changes.ts'
import type { Network } from '../../../ports/network.ts'
import type { RepairSaid } from '../../../protocol/sync-messages.ts'
import { sayRepairing } from '../../../protocol/sync.ts'
import { getToKnow } from '../../../sim/acquaintance.rig.ts'
import { bytesOf, createWorld, dropped, row, startHolders, type RiggedPeer, type World } from '../../../sim/world.ts'
import type { StoreTools } from '../../groups/owner-tools.ts'
import type { Content } from '../../storing/content.ts'
import { careForLosses } from './care-for-losses.ts'
import type { OwnFiles } from '../own-files.ts'

const MINUTE = 60_000
const lostAfterMs = 2 * MINUTE
const claimMs = 3 * MINUTE
/** Short silences, and words about repairs that hold a little longer than these. Nobody but the owner makes anything anew. */
const policy = parsePolicy({ presence: { lostAfterMs, beaconMs: 10_000 }, guardian: { claimMs, scanMs: 60 * MINUTE, enabled: false } })
const PIECES = 8

/** A stored file with eight holders, of which its owner keeps the sealed copy. */
async function stored(bytes = 5_000, of: Policy = policy) {
  const world = createWorld({ policy: of })
  const holders = await startHolders(world, PIECES)
  const owner = await world.start('owner', { offerBytes: 0 })
  const [id = ''] = await world.run(owner.peer.storeFiles([dropped('kept', bytesOf('kept', bytes))]))
  await world.until(() => row(owner, id).meter?.value === PIECES && row(owner, id).explanation?.is !== 'placing')
  return { world, holders, owner, id }
}

async function pass(world: World, ms: number): Promise<void> {
  const end = world.clock.now() + ms
  while (world.clock.now() < end) {
    await world.until(() => true)
    await world.clock.advance(500)
  }
}

const valueOf = (owner: RiggedPeer, id: string): number | undefined => row(owner, id).meter?.value

test('[PLC4, RPR7] with three of eight holders lost the owner places from its copy up to n, fetches nothing, and whoever returns counts again', async () => {
  const { world, holders, owner, id } = await stored(3_000_000)
  const spares = await startHolders(world, 3, undefined, 'spare')
  for (const holder of holders.slice(0, 3)) world.kill(holder)
  world.lines.set(owner.peerId, { up: Infinity, down: Infinity, delayMs: 100 })
  const words = new Set<string>()
  const received = owner.peer.snapshot().totals.receivedBytes
  await world.until(() => valueOf(owner, id) === 5, lostAfterMs + 2 * MINUTE)
  expect(row(owner, id)).toMatchObject({ health: { known: 5 }, explanation: { is: 'short', known: 5, of: 8, away: { others: 2 } } })
  await world.until(() => {
    words.add(row(owner, id).status ?? '')
    return valueOf(owner, id) === PIECES
  })
  expect([...words]).toEqual(['Fragile', 'Restoring'])
  // k pieces to fetch would be 3 MB; a leaf of each new piece is 64 KiB.
  expect(owner.peer.snapshot().totals.receivedBytes - received).toBeLessThan(1_000_000)
  const keepers = await world.run(owner.peer.keepers(id))
  expect(spares.every(({ peerId }) => keepers.some(({ peer }) => peer === peerId))).toBe(true)
  // Indices that nobody was ever given come first.
  expect(new Set(keepers.map(({ piece }) => piece)).has(8)).toBe(true)
  expect(new Set(keepers.map(({ piece }) => piece)).has(9)).toBe(true)
  const [first] = holders
  if (first === undefined) throw new Error('there are eight')
  const back = await world.start(first.name, { files: first.files })
  await world.until(() => row(owner, id).health?.people === 9)
  expect((await world.run(owner.peer.keepers(id))).map(({ peer }) => peer)).toContain(back.peerId)
})

test('[RPR4] an owner looks when a loss is declared, and not a period later', async () => {
  const slow = parsePolicy({ presence: { ...policy.presence, lostAfterMs: 8 * MINUTE }, guardian: policy.guardian })
  const { world, holders, owner, id } = await stored(5_000, slow)
  await startHolders(world, 3, undefined, 'spare')
  // A full look, of which there is one each two minutes, comes just before the loss.
  for (const holder of holders.slice(0, 3)) world.kill(holder)
  const killedAt = world.clock.now()
  await pass(world, 8 * MINUTE - 1_000)
  await world.until(() => valueOf(owner, id) === 5, MINUTE)
  await world.until(() => valueOf(owner, id) === PIECES, MINUTE)
  expect(world.clock.now() - killedAt).toBeLessThan(9 * MINUTE)
})

test('a device that owns nothing does not wake for losses, and one does once it has a file', async () => {
  const clock = createVirtualClock()
  const [changes, losses] = [createChanges(), createChanges()]
  let contents: readonly Content[] = []
  const own = { all: () => [], contents: () => contents } as unknown as OwnFiles
  const people = { conduct: { version: () => 0 }, papers: { passed: () => 0 } }
  const tools = { parts: { clock, network: { self: 'self' }, policy }, people, changes } as unknown as StoreTools
  const closing = new AbortController()
  const running = careForLosses(tools, own, losses, closing.signal).catch((error: unknown) => error)
  await clock.advance(60 * MINUTE)
  expect(clock.waiting()).toBe(0)
  contents = [{ note: { isStored: false }, groups: [] } as unknown as Content]
  changes.tell()
  await clock.advance(60 * MINUTE)
  expect(clock.waiting()).toBe(1)
  closing.abort('closed')
  expect(await running).toBe('closed')
})

test('[PLC4] a device that has just come back sends nothing anew before it has looked around', async () => {
  const slow = parsePolicy({ presence: { ...policy.presence, lostAfterMs: 6 * MINUTE }, guardian: policy.guardian })
  const { world, holders, owner, id } = await stored(5_000, slow)
  await startHolders(world, 3, undefined, 'spare')
  // Sightings are written down a minute after a start.
  await pass(world, MINUTE)
  world.kill(owner)
  for (const holder of holders.slice(0, 3)) world.kill(holder)
  await pass(world, 7 * MINUTE)
  const again = await world.start('owner', { files: owner.files, offerBytes: 0 })
  const startedAt = world.clock.now()
  // Its page says what is so; it is no reason yet to send anything.
  await world.until(() => valueOf(again, id) === 5, 70_000)
  await world.until(() => valueOf(again, id) === PIECES, 10 * MINUTE)
  expect(world.clock.now() - startedAt).toBeGreaterThanOrEqual(1.5 * MINUTE)
})

test('[POL9] a file cannot be rebuilt only after lostAfterMs of looking, also over a restart, and no more once k pieces are back', async () => {
  const { world, holders, owner, id } = await stored()
  await getToKnow(world, policy)
  await world.run(owner.peer.freeCopy(id))
  for (const holder of holders.slice(0, 7)) world.kill(holder)
  await world.until(() => valueOf(owner, id) === 1, lostAfterMs + MINUTE)
  const lostAt = world.clock.now()
  expect(row(owner, id)).toMatchObject({ status: 'Waiting for people', explanation: { is: 'waiting', away: { others: 6 } } })
  await world.until(() => row(owner, id).status === 'Cannot be rebuilt', 2 * lostAfterMs)
  expect(world.clock.now() - lostAt).toBeGreaterThan(lostAfterMs - MINUTE)
  expect(row(owner, id).explanation).toMatchObject({ is: 'gone', known: 1, needed: 2, away: { others: 6 } })
  world.kill(owner)
  const again = await world.start('owner', { files: owner.files, offerBytes: 0 })
  expect(row(again, id).status).not.toBe('Cannot be rebuilt')
  await world.until(() => row(again, id).status === 'Cannot be rebuilt', 2 * MINUTE)
  const [first] = holders
  if (first === undefined) throw new Error('there are eight')
  await world.start(first.name, { files: first.files })
  await world.until(() => row(again, id).status === 'Fragile')
  expect(row(again, id).explanation).toMatchObject({ is: 'short', known: 2 })
  await pass(world, 2 * MINUTE)
  expect(row(again, id).status).toBe('Fragile')
})

test('[GRO8, RPR5] the word of a holder that it repairs is believed, for claimMs and twice that in all, and that of others is not', async () => {
  const { world, holders, owner, id } = await stored()
  const [first, second] = holders
  const [kept] = (await first?.peer.kept()) ?? []
  if (first === undefined || second === undefined || kept === undefined) throw new Error('there are eight')
  await getToKnow(world, policy)
  await world.run(owner.peer.freeCopy(id))
  for (const holder of holders.slice(5)) world.kill(holder)
  await world.until(() => valueOf(owner, id) === 5, lostAfterMs + MINUTE)
  const segmentId = brandBytes<SegmentId>(fromHex(kept.segmentId))
  const status = () => row(owner, id).status
  const networks = new Map<string, Network>()
  /** Takes the place of a holder, under its name, and says the word. */
  const say = (name: string, course: RepairSaid['course'], about = segmentId) => {
    const { peerId } = createDeviceSigner(createSeededRandom(`world peer ${name}`).bytes(32))
    const network = networks.get(name) ?? world.swarm.join(peerId).network
    networks.set(name, network)
    return world.run(sayRepairing(network, world.clock, owner.peerId, { segmentId: about, course }))
  }
  const under = (ms: number) => ({ is: 'under way', until: world.clock.now() + ms }) as const
  const refusal = { code: 'holder-refused', facts: { refusal: 'UNKNOWN' } }
  await expect(say('stranger', under(claimMs))).rejects.toMatchObject(refusal)
  expect(status()).toBe('Fragile')
  world.kill(first)
  await expect(say(first.name, under(claimMs), brandBytes<SegmentId>(new Uint8Array(32)))).rejects.toMatchObject(refusal)
  await say(first.name, under(MINUTE))
  await world.until(() => status() === 'Restoring', 1_000)
  expect(row(owner, id).explanation).toEqual({ is: 'restoring', known: 5, of: 8 })
  await say(first.name, { is: 'done' })
  await world.until(() => status() === 'Fragile', 1_000)
  // It may delay others once in an epoch only.
  await say(first.name, under(claimMs))
  await pass(world, 1_000)
  expect(status()).toBe('Fragile')
  world.kill(second)
  const saidAt = world.clock.now()
  await say(second.name, under(50 * claimMs))
  await world.until(() => status() === 'Restoring', 1_000)
  await world.until(() => status() === 'Fragile', 2 * claimMs)
  expect(world.clock.now() - saidAt).toBeLessThanOrEqual(claimMs + 1_000)
})

test('[GRO8, RPR2] while a holder says that it repairs, an owner with its copy places nothing, unless that is urgent', async () => {
  for (const lost of [3, 5]) {
    const { world, holders, owner, id } = await stored()
    await startHolders(world, 6, undefined, 'spare')
    const guardian = holders[7]
    const [kept] = (await guardian?.peer.kept()) ?? []
    if (guardian === undefined || kept === undefined) throw new Error('there are eight')
    for (const holder of holders.slice(0, lost)) world.kill(holder)
    world.kill(guardian)
    const { network } = world.swarm.join(guardian.peerId)
    const say = (course: RepairSaid['course']) =>
      world.run(sayRepairing(network, world.clock, owner.peerId, { segmentId: brandBytes<SegmentId>(fromHex(kept.segmentId)), course }))
    await pass(world, lostAfterMs - 30_000)
    await say({ is: 'under way', until: world.clock.now() + claimMs })
    await pass(world, 90_000)
    if (lost === 5) {
      await world.until(() => valueOf(owner, id) === PIECES, MINUTE)
      continue
    }
    expect(valueOf(owner, id)).toBeLessThan(PIECES)
    // Nothing came of it, and its word does not hold any more.
    await world.until(() => valueOf(owner, id) === PIECES, 2 * MINUTE)
  }
})
