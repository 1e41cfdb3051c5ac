import { describe, expect, test } from 'vitest'
import { defaultPolicy } from '../../core/policy.ts'
import { bytesOf, createWorld, dropped, type PeerOptions, readAs, row, startHolders, fragmentOf, type World } from '../../sim/world.ts'

const DAY_MS = 86_400_000

describe.each([
  ['four days ahead', 4 * DAY_MS],
  ['thirty days behind', -30 * DAY_MS],
  ['four hundred days ahead', 400 * DAY_MS],
])('a device whose clock is %s', (_name, clockAheadMs) => {
  test('[CLK2] stores and shares by the time of the people here, and its clock is named', async () => {
    const world = createWorld()
    await startHolders(world, 8)
    const { owner, id, content } = await storeDated(world, { clockAheadMs })
    const { clock } = owner.peer.snapshot()
    expect(clock).toMatchObject({ isCorrected: true })
    expect(Math.abs((clock?.aheadMs ?? 0) - clockAheadMs)).toBeLessThan(60_000)
    const path = await world.run(owner.peer.share(id))
    const reader = await world.start('reader', { offerBytes: 0 })
    expect(await readAs(world, reader, path)).toEqual(content)
    expect(reader.peer.snapshot().clock).toBeUndefined()
    // The file ends when its owner removes it, by the same time.
    await world.run(owner.peer.remove(id))
    const ended = reader.peer.openLink(fragmentOf(path))
    await world.until(() => ended.snapshot().is === 'failed')
  })

  test('[CLK2] opens what others store, and does not call it over', async () => {
    const world = createWorld()
    await startHolders(world, 8)
    const { owner, id, content } = await storeDated(world, {})
    const path = await world.run(owner.peer.share(id))
    const reader = await world.start('reader', { offerBytes: 0, clockAheadMs })
    expect(await readAs(world, reader, path)).toEqual(content)
  })
})

test('[CLK2] a charter that was dated before the clock was known to be wrong is signed again', async () => {
  const world = createWorld()
  const owner = await world.start('owner', { offerBytes: 0, clockAheadMs: 4 * DAY_MS })
  const [id = ''] = await world.run(owner.peer.storeFiles([dropped('dated', bytesOf('dated', 5_000))]))
  // Two honest people are too few to be believed; three are enough.
  const policy = await startHolders(world, 2)
  await world.until(() => owner.peer.snapshot().connection.people === policy.length)
  expect(owner.peer.snapshot().clock).toBeUndefined()
  await startHolders(world, 6, () => undefined, 'late')
  await world.until(() => row(owner, id).meter?.value === 8)
})

test('[CLK1] two people who refuse by date are shown and not followed', async () => {
  const world = createWorld({ policy: { ...defaultPolicy, code: [{ holders: 2, k: 2, n: 3 }] } })
  await startHolders(world, 2)
  const owner = await world.start('owner', { offerBytes: 0, clockAheadMs: 4 * DAY_MS })
  await world.run(owner.peer.storeFiles([dropped('dated', bytesOf('dated', 5_000))]))
  await world.until(() => owner.peer.snapshot().clock !== undefined)
  const { clock } = owner.peer.snapshot()
  expect(clock).toMatchObject({ isCorrected: false })
  expect(clock?.refusals).toBeGreaterThan(0)
  expect(Math.abs((clock?.aheadMs ?? 0) - 4 * DAY_MS)).toBeLessThan(60_000)
})

test('[CLK1] three people with a wrong clock of their own move nobody who has five right ones', async () => {
  const world = createWorld()
  await startHolders(world, 5)
  for (let at = 0; at < 3; at++) await world.start(`liar ${at}`, { clockAheadMs: -300 * DAY_MS })
  const owner = await world.start('owner', { offerBytes: 0 })
  const [id = ''] = await world.run(owner.peer.storeFiles([dropped('dated', bytesOf('dated', 5_000))]))
  await world.until(() => (row(owner, id).meter?.value ?? 0) >= 5)
  expect(owner.peer.snapshot().clock).toBeUndefined()
})

test('[CLK2] a holder whose clock is four days behind takes what is dated right, and what it signs is dated right', async () => {
  const world = createWorld()
  await startHolders(world, 7)
  const late = await world.start('late', { clockAheadMs: -4 * DAY_MS })
  await world.until(() => late.peer.snapshot().connection.people >= 3)
  const owner = await world.start('owner', { offerBytes: 0 })
  const [id = ''] = await world.run(owner.peer.storeFiles([dropped('dated', bytesOf('dated', 5_000))]))
  await world.until(() => row(owner, id).meter?.value === 8)
  expect((await world.run(late.peer.kept())).length).toBe(1)
})

/** Starts an owner and stores 600,000 bytes with all eight people who are here. */
async function storeDated(world: World, options: PeerOptions) {
  const content = bytesOf('dated', 600_000)
  const owner = await world.start('owner', { offerBytes: 0, ...options })
  const [id = ''] = await world.run(owner.peer.storeFiles([dropped('dated', content)]))
  await world.until(() => row(owner, id).meter?.value === 8 && row(owner, id).canShare === true)
  return { owner, id, content }
}
