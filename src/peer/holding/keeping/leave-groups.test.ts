import { expect, test } from 'vitest'
import { createDeviceSigner } from '../../../adapters/storage/device-signer.ts'
import { createSeededRandom } from '../../../adapters/memory/seeded-random.ts'
import { fromHex } from '../../../core/bytes.ts'
import { readClaim } from '../../../core/claim.ts'
import { brandBytes, type GroupId } from '../../../core/ids.ts'
import { askWho } from '../../../protocol/group.ts'
import { bytesOf, createWorld, dropped, row, startHolders } from '../../../sim/world.ts'

test('[KEE6] a device that is forgotten tells owner and co-holders, who count its pieces no more at once', async () => {
  const world = createWorld()
  const holders = await startHolders(world, 8)
  const owner = await world.start('owner', { offerBytes: 0 })
  const ids = await world.run(owner.peer.storeFiles(['a', 'b'].map((name) => dropped(name, bytesOf(name, 2_000_000)))))
  const values = () => ids.map((id) => row(owner, id).meter?.value)
  await world.until(() => values().every((value) => value === 8))
  // Until the owner has told everybody of everybody.
  await world.until(() => ids.every((id) => row(owner, id).canShare === true && row(owner, id).explanation?.is !== 'placing'))
  const [leaving, other] = holders
  if (leaving === undefined || other === undefined) throw new Error('there are eight')
  const kept = await leaving.peer.kept()
  const startedAt = world.clock.now()
  await world.run(leaving.peer.forgetDevice())
  expect(world.clock.now() - startedAt).toBeLessThan(3_000)
  await world.until(() => values().every((value) => value === 7), 5_000)
  const keepers = await Promise.all(ids.map((id) => owner.peer.keepers(id)))
  expect(keepers.flat().map(({ peer }) => peer)).not.toContain(leaving.peerId)
  const { network } = world.swarm.join(createDeviceSigner(createSeededRandom('asks').bytes(32)).peerId)
  for (const { groupId } of kept) {
    const answer = await world.run(askWho(network, world.clock, other.peerId, brandBytes<GroupId>(fromHex(groupId))))
    const last = answer.claims.map((claim) => readClaim(claim)).find(({ holder }) => holder === leaving.peerId)
    expect(last?.rows).toEqual([])
  }
})

test('[KEE6] whoever does not answer holds up a farewell for two seconds at most', async () => {
  const world = createWorld()
  const holders = await startHolders(world, 8)
  const owner = await world.start('owner', { offerBytes: 0 })
  const [id = ''] = await world.run(owner.peer.storeFiles([dropped('a', bytesOf('a', 5_000))]))
  await world.until(() => row(owner, id).meter?.value === 8 && row(owner, id).explanation?.is !== 'placing')
  const [leaving] = holders
  if (leaving === undefined) throw new Error('there are eight')
  // Nothing that it says gets out.
  world.lines.set(leaving.peerId, { up: 0, down: 1_000_000, delayMs: 0 })
  const startedAt = world.clock.now()
  await world.run(leaving.peer.forgetDevice())
  expect(world.clock.now() - startedAt).toBeLessThan(4_000)
})
