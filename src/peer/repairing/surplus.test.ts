import { afterEach, expect, test } from 'vitest'
import { createDeviceSigner } from '../../adapters/storage/device-signer.ts'
import { fromHex } from '../../core/bytes.ts'
import { readClaim } from '../../core/claim.ts'
import { brandBytes, type GroupId } from '../../core/ids.ts'
import { askWho } from '../../protocol/group.ts'
import { bytesOf, dropped, readByLink } from '../../sim/world.ts'
import { createTown, quickPolicy, type Town } from './guardians.rig.ts'

const MINUTE = 60_000
let town: Town

afterEach(() => town.living().forEach(({ peer }) => void peer.close()))

test('[KEE7] people short of room give up what came twice or beyond n, all others hear of it, and nothing is repaired for it', async () => {
  town = createTown()
  const { holders, path, content } = await town.orphan(8)
  const gone = holders.slice(0, 3)
  for (const holder of gone) town.kill(holder)
  await town.startSome(3, 'fresh')
  await town.passUntil(() => town.isWhole(8), quickPolicy.presence.lostAfterMs + 3 * MINUTE)
  for (const { name, files } of gone) await town.start(name, { files })
  await town.pass(4 * MINUTE)
  const keptBefore = await kept()
  expect((await town.known())[0]).toBe(10)
  for (const { peer } of town.living())
    await town.world.run(peer.setOffer({ isOn: true, offerBytes: Math.ceil((peer.snapshot().give.usedBytes + 20_000) / 0.9) }))
  const { placed } = town.repaired()
  const owner = await town.start('another owner', { offerBytes: 0 })
  await town.world.run(owner.peer.storeFiles([dropped('letter', bytesOf('letter', 400_000))]))
  await town.pass(2 * MINUTE)
  const keptAfter = await kept()
  const left = keptBefore.filter((piece) => !keptAfter.some((other) => other.peer === piece.peer && other.segmentId === piece.segmentId))
  expect(left.length).toBeGreaterThan(0)
  for (const { segmentId } of left) {
    const indices = keptAfter.flatMap((piece) => (piece.segmentId === segmentId ? [piece.index] : []))
    expect(new Set(indices).size).toBeGreaterThanOrEqual(8)
  }
  expect(town.repaired().placed).toBe(placed)
  const { network } = town.world.swarm.join(createDeviceSigner(new Uint8Array(32).fill(7)).peerId)
  for (const { groupId, segmentId, peer } of left) {
    const other = keptAfter.find((piece) => piece.segmentId === segmentId && piece.peer !== peer)
    if (!other) throw new Error('a co-holder')
    const answer = await town.world.run(askWho(network, town.world.clock, other.peer, brandBytes<GroupId>(fromHex(groupId))))
    const last = answer.claims.map((claim) => readClaim(claim)).find(({ holder }) => holder === peer)
    expect(last?.rows).toEqual([])
  }
  town.kill(owner)
  expect(await readByLink(town.world, path)).toEqual(content)
})

async function kept() {
  const living = town.living()
  const rows = await Promise.all(
    living.map(async ({ peer, peerId }) => (await town.world.run(peer.kept())).map((row) => ({ ...row, peer: peerId }))),
  )
  return rows.flat()
}
