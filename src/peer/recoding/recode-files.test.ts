import { expect, test } from 'vitest'
import { equalBytes } from '../../core/bytes.ts'
import { sealedLength } from '../../core/records.ts'
import { getToKnow } from '../../sim/acquaintance.rig.ts'
import { readByLink, row } from '../../sim/world.ts'
import {
  allKept,
  eventually,
  few,
  grow,
  isSpreading,
  isWhole,
  isWide,
  LONG,
  LOST_MS,
  segmentsAtEnd,
  SHORT,
  STEADY_MS,
  storedWithThree,
  TRASH_MS,
  wide,
} from './recoding.rig.ts'

test('[RCD1] [RCD4] [RCD5] [RPR12] three people keep 2 of 3; seventeen more come and stay, and the file is 3 of 15 under the same link', async () => {
  const scene = await storedWithThree(LONG, wide)
  const { world, owner, id, link } = scene
  expect(row(owner, id)).toMatchObject({ status: 'Fragile', meter: { value: 3, max: 3 } })
  const grewAt = world.clock.now()
  await grow(scene)
  await eventually(scene, () => isSpreading(scene))
  expect(world.clock.now() - grewAt).toBeGreaterThanOrEqual(STEADY_MS)
  // Readers in the middle have the old layout, and the figures are those of what they use.
  expect(row(owner, id).meter).toMatchObject({ value: 3, max: 3 })
  expect(equalBytes(await readByLink(world, link, 'reader in the middle'), LONG)).toBe(true)
  await eventually(scene, () => isWhole(scene))
  expect(row(owner, id)).toMatchObject({ status: 'Protected', meter: { value: 15, max: 15, needed: 3 }, hasLocalCopy: false })
  expect(new Set((await world.run(owner.peer.keepers(id))).map(({ piece }) => piece)).size).toBe(15)
  expect(await world.run(owner.peer.share(id))).toBe(link)
  // Both layouts are kept for a while, then the bytes fall back to those of the new code: of the file, its manifest and its link.
  const sealed = sealedLength(LONG.length)
  expect(await allKept(scene)).toBeGreaterThan(5 * sealed + 1.4 * sealed)
  expect(await segmentsAtEnd(scene, 4)).toEqual({ whole: 4, others: 0 })
  // Guardians, who hear of the new pieces one by one, make none of them again.
  expect(scene.holders.reduce((sum, { peer }) => sum + peer.snapshot().repair.placed, 0)).toBe(0)
  expect((await allKept(scene)) / sealed).toBeLessThan((5 * 20) / 15 - 0.01)
  expect(equalBytes(await readByLink(world, link, 'reader afterwards'), LONG)).toBe(true)
})

test('[RCD3] without a copy on the device of the owner the sealed bytes come from the people who keep them', async () => {
  const scene = await storedWithThree(LONG)
  const { world, owner, id, link } = scene
  await getToKnow(world, few.policy)
  await world.run(owner.peer.freeCopy(id))
  await world.until(() => row(owner, id).hasLocalCopy === false)
  const { receivedBytes } = owner.peer.snapshot().totals
  await grow(scene)
  await eventually(scene, () => isWhole(scene))
  // Nothing came twice.
  expect((owner.peer.snapshot().totals.receivedBytes - receivedBytes) / sealedLength(LONG.length)).toBeLessThan(1.25)
  expect((await owner.files.list('outbox')).length).toBe(0)
  expect(equalBytes(await readByLink(world, link), LONG)).toBe(true)
})

test('[RCD1] people who come and go again and again have nothing coded anew', async () => {
  const scene = await storedWithThree(SHORT)
  const { world, owner, id } = scene
  for (let round = 0; round < 3; round++) {
    const come = await grow(scene, `round ${round}`)
    await world.advance(0.6 * STEADY_MS)
    for (const one of come) world.kill(one)
    scene.holders.length = 3
    await world.advance(2 * LOST_MS)
    expect([isSpreading(scene), isWide(scene)]).toEqual([false, false])
  }
  expect(row(owner, id).meter).toMatchObject({ value: 3, max: 3 })
})

test('[RCD6] when the people of the new layout vanish it is given up, and what readers use stays as it was', async () => {
  const scene = await storedWithThree(LONG)
  const { world, owner, id, link } = scene
  const come = await grow(scene)
  await eventually(scene, () => isSpreading(scene))
  for (const one of come) world.kill(one)
  scene.holders.length = 3
  await eventually(scene, () => isSpreading(scene), STEADY_MS)
  await world.advance(STEADY_MS + 3 * LOST_MS + 2 * TRASH_MS)
  expect(row(owner, id)).toMatchObject({ status: 'Fragile', meter: { value: 3, max: 3 } })
  expect(isSpreading(scene)).toBe(false)
  const sealed = sealedLength(LONG.length)
  expect((await allKept(scene)) / sealed).toBeLessThan(1.6)
  expect(equalBytes(await readByLink(world, link), LONG)).toBe(true)
  // Others come and stay: the very same segments are coded and placed again.
  await grow(scene, 'other')
  await eventually(scene, () => isWhole(scene))
})

test('[RCD2] a file that is deleted or paused meanwhile is coded no further, and nothing of it is left with anybody', async () => {
  const scene = await storedWithThree(LONG)
  const { world, owner, id } = scene
  await grow(scene)
  await eventually(scene, () => isSpreading(scene))
  await world.run(owner.peer.pause(id))
  await world.advance(LOST_MS)
  const kept = await allKept(scene)
  await world.advance(2 * LOST_MS)
  expect([isWide(scene), (await allKept(scene)) <= kept]).toEqual([false, true])
  await world.run(owner.peer.resume(id))
  await eventually(scene, () => isSpreading(scene))
  await world.run(owner.peer.remove(id))
  await world.advance(LOST_MS + 3 * TRASH_MS)
  expect(await allKept(scene)).toBe(0)
})
