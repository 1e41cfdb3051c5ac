import { expect, test } from 'vitest'
import { createDeviceSigner } from '../../adapters/storage/device-signer.ts'
import { createSeededRandom } from '../../adapters/memory/seeded-random.ts'
import { fromHex } from '../../core/bytes.ts'
import { claimMessage, encodeClaim, type ClaimFields } from '../../core/claim.ts'
import { brandBytes, type GroupId, type SegmentId } from '../../core/ids.ts'
import { tell } from '../../protocol/group.ts'
import { handleHello } from '../../protocol/hello.ts'
import { bytesOf, createWorld, dropped, row, startHolders, type World } from '../../sim/world.ts'

/**
 * A stored file with eight holders, one of whom is gone. A person named 'new' has that holder's disk, as if somebody had repaired its piece
 * there, and nobody has told the owner yet.
 */
async function repaired() {
  const world = createWorld()
  const holders = await startHolders(world, 8)
  const owner = await world.start('owner', { offerBytes: 0 })
  const [id = ''] = await world.run(owner.peer.storeFiles([dropped('kept', bytesOf('kept', 5_000))]))
  await world.until(() => row(owner, id).meter?.value === 8 && row(owner, id).explanation?.is !== 'placing')
  const [gone] = holders
  const [kept] = (await gone?.peer.kept()) ?? []
  if (gone === undefined || kept === undefined) throw new Error('somebody keeps a piece')
  world.kill(gone)
  await world.until(() => row(owner, id).health?.here === 7)
  const groupId = brandBytes<GroupId>(fromHex(kept.groupId))
  const rows = [{ segmentId: brandBytes<SegmentId>(fromHex(kept.segmentId)), index: kept.index }]
  const claimBy = async (name: string, fields: Partial<ClaimFields> = {}) => {
    const signer = createDeviceSigner(createSeededRandom(`world peer ${name}`).bytes(32))
    const claim = { groupId, holder: signer.peerId, seq: 1, rows, at: 1, ...fields }
    return encodeClaim(claim, await signer.sign(claimMessage(claim)))
  }
  const guardian = join(world, 'guardian')
  const say = (...claims: Uint8Array[]) => world.run(tell(guardian, world.clock, owner.peerId, { claims }))
  const keepers = async () => (await owner.peer.keepers(id)).map(({ peer }) => peer)
  return { world, holders, owner, id, gone, kept, claimBy, say, keepers }
}

/** A person who answers hello, keeps nothing, and tells. */
function join(world: World, name: string) {
  const { network } = world.swarm.join(createDeviceSigner(createSeededRandom(`world peer ${name}`).bytes(32)).peerId)
  handleHello(network, world.clock, {
    mine: () => ({
      engine: '',
      isPersisted: false,
      isHolder: false,
      offer: 0,
      room: 0,
      storeEpoch: new Uint8Array(16),
      clock: world.clock.now(),
    }),
    onHello: () => undefined,
    onGoodbye: () => undefined,
  })
  return network
}

/** Moves time on, so that everything under way comes to its end. */
async function settle(world: World, ms = 30_000): Promise<void> {
  const end = world.clock.now() + ms
  await world.until(() => world.clock.now() > end)
}

test('[GRO5] a holder to whom others gave a piece is adopted once a leaf of it was read: meter, table and words, also after a restart', async () => {
  const { world, owner, id, gone, kept, claimBy, say, keepers } = await repaired()
  const fresh = await world.start('new', { files: gone.files })
  expect(await keepers()).not.toContain(fresh.peerId)
  await say(await claimBy('new'))
  await world.until(() => row(owner, id).health?.here === 8)
  expect(row(owner, id)).toMatchObject({ status: 'Fragile', meter: { value: 8, max: 8 }, health: { known: 8, people: 9, peopleHere: 8 } })
  const held = (await owner.peer.keepers(id)).filter(({ piece }) => piece === kept.index)
  expect(new Set(held.map(({ peer }) => peer))).toEqual(new Set([gone.peerId, fresh.peerId]))
  expect(owner.peer.snapshot().people.find(({ peer }) => peer === fresh.peerId)?.keepsForMe).toBeGreaterThan(0)
  world.kill(owner)
  const again = await world.start('owner', { files: owner.files, offerBytes: 0 })
  await world.until(() => row(again, id).health?.here === 8 && row(again, id).explanation?.is !== 'checking')
  expect((await again.peer.keepers(id)).map(({ peer }) => peer)).toContain(fresh.peerId)
})

test('[GRO5] claims of people who do not exist, or keep nothing, change neither meter nor word nor table', async () => {
  const { world, owner, id, claimBy, say, keepers } = await repaired()
  const [before, table] = [row(owner, id), await keepers()]
  await world.start('idle')
  const elsewhere = [{ segmentId: brandBytes<SegmentId>(new Uint8Array(32).fill(3)), index: 0 }]
  await say(await claimBy('nobody'), await claimBy('idle'), await claimBy('other', { rows: elsewhere }))
  await settle(world)
  expect(row(owner, id)).toMatchObject({ status: before.status, meter: before.meter, health: before.health })
  expect(await keepers()).toEqual(table)
})

test('[GRO5] a holder that was away when it was told of is adopted when it is told of again', async () => {
  const { world, owner, id, gone, claimBy, say, keepers } = await repaired()
  await say(await claimBy('new'))
  await settle(world)
  expect(row(owner, id).health?.here).toBe(7)
  const fresh = await world.start('new', { files: gone.files })
  await say(await claimBy('new'))
  await world.until(() => row(owner, id).health?.here === 8)
  expect(await keepers()).toContain(fresh.peerId)
})

test('[GRO5] a person who says of itself what it does not keep counts as keeping nothing, before the look and after', async () => {
  const { world, owner, kept, claimBy, keepers } = await repaired()
  const segmentId = brandBytes<SegmentId>(fromHex(kept.segmentId))
  for (const [name, index] of [
    ['liar', kept.index],
    ['other liar', 200],
  ] as const) {
    const liar = join(world, name)
    liar.handle('/scatterhoard/shard/1', () => new Promise(() => undefined), { maxInbound: 8 })
    await world.run(tell(liar, world.clock, owner.peerId, { claims: [await claimBy(name, { rows: [{ segmentId, index }] })] }))
    const keepsForMe = () => owner.peer.snapshot().people.find(({ peer }) => peer === liar.self)?.keepsForMe
    await world.until(() => keepsForMe() !== undefined)
    expect([keepsForMe(), (await keepers()).includes(liar.self)]).toEqual([0, false])
    await settle(world)
    expect([keepsForMe(), (await keepers()).includes(liar.self)]).toEqual([0, false])
  }
})

test('[GRO5] good claims before a wrong one are looked at, and so is one told again after its holder was away', async () => {
  const { world, owner, id, gone, claimBy, say } = await repaired()
  const good = await claimBy('new')
  const wrong = Uint8Array.from(await claimBy('nobody'))
  wrong.set([(wrong.at(-1) ?? 0) ^ 1], wrong.length - 1)
  await expect(say(good, wrong)).rejects.toMatchObject({ code: 'holder-refused' })
  await settle(world)
  await world.start('new', { files: gone.files })
  await expect(say(good, wrong)).rejects.toMatchObject({ code: 'holder-refused' })
  await world.until(() => row(owner, id).health?.here === 8)
})

test('[GRO5] however many claims a stranger tells of itself, one waits to be looked at, and one in vain is looked at once', async () => {
  const { world, owner, claimBy } = await repaired()
  const liar = join(world, 'liar')
  let looks = 0
  liar.handle('/scatterhoard/shard/1', () => (looks++, new Promise(() => undefined)), { maxInbound: 8 })
  for (let seq = 1; seq <= 8; seq++) await world.run(tell(liar, world.clock, owner.peerId, { claims: [await claimBy('liar', { seq })] }))
  await settle(world, 120_000)
  expect(looks).toBe(2)
  await world.run(tell(liar, world.clock, owner.peerId, { claims: [await claimBy('liar', { seq: 8 })] }))
  await settle(world)
  expect(looks).toBe(2)
})

test('[GRO5] what others tell of a holder takes nothing of what it said itself', async () => {
  const { world, holders, owner, id, claimBy, say, keepers } = await repaired()
  const before = await keepers()
  const name = holders[3]?.name ?? ''
  await say(await claimBy(name, { seq: Number.MAX_SAFE_INTEGER, rows: [] }))
  await settle(world)
  expect(row(owner, id)).toMatchObject({ health: { here: 7, known: 8 } })
  expect(await keepers()).toEqual(before)
})

test('[GRO5] an owner of whose file few pieces are here asks a holder who else keeps it', async () => {
  const { world, holders, owner, id, gone, claimBy } = await repaired()
  const fresh = await world.start('new', { files: gone.files })
  const others = holders.slice(1)
  const informed = others.slice(3)
  const guardian = join(world, 'guardian')
  for (const { peerId } of informed) await world.run(tell(guardian, world.clock, peerId, { claims: [await claimBy('new')] }))
  for (const holder of others.slice(0, 3)) world.kill(holder)
  await world.until(() => row(owner, id).health?.here === 4, 60_000)
  await world.until(() => row(owner, id).health?.here === 5)
  expect((await owner.peer.keepers(id)).map(({ peer }) => peer)).toContain(fresh.peerId)
})

test('[GRO5] a holder that says that it keeps nothing counts no more, also once others are adopted and after a restart', async () => {
  const { world, holders, owner, id, gone, claimBy, say, keepers } = await repaired()
  const holder = holders[3]
  if (holder === undefined) throw new Error('there are eight')
  world.kill(holder)
  const again = join(world, holder.name)
  const nothing = await claimBy(holder.name, { seq: Number.MAX_SAFE_INTEGER, rows: [] })
  await world.run(tell(again, world.clock, owner.peerId, { claims: [nothing] }))
  await world.until(() => row(owner, id).health?.here === 6)
  await world.start('new', { files: gone.files })
  await say(await claimBy('new'))
  await world.until(() => row(owner, id).health?.here === 7)
  expect(await keepers()).not.toContain(holder.peerId)
  world.kill(owner)
  const restarted = await world.start('owner', { files: owner.files, offerBytes: 0 })
  await world.until(() => row(restarted, id).explanation?.is !== 'checking')
  await settle(world)
  expect(row(restarted, id)).toMatchObject({ health: { here: 7 } })
  expect((await restarted.peer.keepers(id)).map(({ peer }) => peer)).not.toContain(holder.peerId)
})
