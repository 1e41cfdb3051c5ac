import { expect, test } from 'vitest'
import type { Network } from '../../ports/network.ts'
import { protocolOf } from '../../protocol/conversation.ts'
import { measureIdle } from '../../sim/idle.rig.ts'
import { bytesOf, createWorld, dropped, row, startHolders, type RiggedPeer } from '../../sim/world.ts'

const MINUTE = 60_000
const peopleOf = ({ peer }: RiggedPeer): number => peer.snapshot().connection.people
const linesOf = ({ peer }: RiggedPeer): number => peer.snapshot().people.filter(({ isDirect }) => isDirect).length

test('[PEE4, HEL1] twelve people who do nothing say less than 4 MB a day', async () => {
  const { sentBytes, connections } = await measureIdle(12, 10 * MINUTE)
  expect(2 * sentBytes).toBeLessThan(4_000_000)
  expect(connections).toEqual([11, 11, 11])
})

test('[USE3, HEL4] idle people keep some twelve connections, and the others count as here for 2.5 beacon periods, but for those who go', async () => {
  const world = createWorld()
  const everybody = await startHolders(world, 20)
  await world.until(() => everybody.every((one) => peopleOf(one) === 19))
  await world.clock.advance(40 * MINUTE)
  expect(Math.max(...everybody.map(linesOf))).toBeLessThanOrEqual(16)
  expect(Math.min(...everybody.map(linesOf))).toBeGreaterThanOrEqual(8)
  expect(everybody.map(peopleOf)).toEqual(everybody.map(() => 19))

  const [gone] = everybody
  if (gone === undefined) throw new Error('somebody')
  const isNearGone = ({ peer }: RiggedPeer): boolean => peer.snapshot().people.some((one) => one.peer === gone.peerId && one.isDirect)
  const losing = everybody.slice(1).filter(isNearGone)
  const others = everybody.slice(1).filter((one) => !losing.includes(one))
  world.kill(gone)
  await world.until(() => losing.every((one) => peopleOf(one) === 18))
  // Two and a half beacon periods after the last connection to them, people of whom nothing was heard do not count any more.
  await world.clock.advance(160 * MINUTE)
  const staying = everybody.slice(1)
  expect([losing.length > 0, others.length > 0, staying.every((one) => peopleOf(one) >= linesOf(one))]).toEqual([true, true, true])
  expect(Math.max(...staying.map(peopleOf))).toBeLessThan(18)
})

test('[HEL5, HEL1] hello is said once on a connection, by the side that opened it, and both sides know the way to the other', async () => {
  const world = createWorld()
  const opened: string[] = []
  const network = (own: Network): Network => ({
    ...own,
    async open(peer, protocol, options) {
      opened.push(protocol)
      return own.open(peer, protocol, options)
    },
  })
  const both = [await world.start('one', { network }), await world.start('other', { network })]
  await world.until(() => both.every((one) => peopleOf(one) === 1))
  await world.clock.advance(MINUTE)
  expect(opened.filter((protocol) => protocol === protocolOf('hello'))).toHaveLength(1)
  expect(both.map(({ peer }) => peer.snapshot().people[0]?.latencyMs)).toEqual([0, 0])
})

test('[HEL5] who stops lending says so at once, and who fills up says so when half of its room is gone', async () => {
  const world = createWorld()
  const [one, other] = await startHolders(world, 2)
  if (one === undefined || other === undefined) throw new Error('two people')
  const roomOf = (): number | undefined => one.peer.snapshot().people.find(({ peer }) => peer === other.peerId)?.roomBytes
  await world.until(() => roomOf() === 900_000_000)
  await world.clock.advance(30 * MINUTE)
  await world.run(other.peer.setOffer({ isOn: false, offerBytes: 900_000_000 }))
  await world.until(() => roomOf() === 0, 20_000)
})

test('[POL5, PEE1] among 110 people whom nobody knows yet a file gets a row that they can hold, and all its pieces', async () => {
  const world = createWorld()
  await startHolders(world, 110)
  const owner = await world.start('owner', { offerBytes: 0 })
  const [id = ''] = await world.run(owner.peer.storeFiles([dropped('film.bin', bytesOf('film', 1_000_000))]))
  await world.until(() => row(owner, id).meter?.value === 20)
  expect([row(owner, id).meter?.max, row(owner, id).health?.needed]).toEqual([20, 4])
  expect(owner.peer.snapshot().price).toMatchObject({ k: 4, n: 20 })
  await world.clock.advance(45 * MINUTE)
  expect([row(owner, id).status, row(owner, id).health?.here, linesOf(owner) <= 20]).toEqual(['Protected', 20, true])
})
