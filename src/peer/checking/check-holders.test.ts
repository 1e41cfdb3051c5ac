import { expect, test } from 'vitest'
import { createLyingShardStore } from '../../adapters/memory/lying-shard-store.ts'
import { defaultPolicy } from '../../core/policy.ts'
import { refused } from '../../protocol/refusal.ts'
import { handleShard } from '../../protocol/shard.ts'
import { checkDesk } from './check-desk.rig.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const { lostAfterMs } = defaultPolicy.presence

test('[EVD7] 24 checks a day and no more, one in each hour, at moments that nobody foresees', async () => {
  const { rig, checking, claim, onDescriptor } = await checkDesk()
  const segment = rig.own('film')
  for (const name of ['bob', 'cyd', 'dan']) claim((await rig.holder(name)).peer, segment, 0)
  const begin = rig.clock.now()
  const at = new Set<number>()
  // A segment that is wanted no more is not asked for: only the moments count here.
  onDescriptor(() => void at.add(rig.clock.now() - begin))
  const life = new AbortController()
  const running = checking.run(life.signal).catch(() => undefined)
  for (let hour = 0; hour < 72; hour++) await rig.clock.advance(HOUR)
  life.abort()
  await running
  const hours = [...at].map((ms) => Math.floor(ms / HOUR))
  expect(hours).toEqual(Array.from({ length: 72 }, (_, hour) => hour))
  const minutes = [...at].map((ms) => Math.floor((ms % HOUR) / 600_000))
  expect(new Set(minutes).size).toBe(6)
})

test('[EVD7] a check costs one leaf and its proof, and lets one see nothing but a reader', async () => {
  const { rig, check, claim, place, traffic } = await checkDesk()
  const segment = rig.own('film')
  const bob = await rig.holder('bob')
  await place(bob.peer, segment, 1)
  claim(bob.peer, segment, 1)
  for (let times = 0; times < 20; times++) expect(await check()).toBe('right')
  // 64 KiB, three or four nodes of 32 bytes, and the heads of two messages.
  expect(traffic.most()).toBeLessThan(65_536 + 512)
  expect(traffic.protocols()).toEqual(['/scatterhoard/shard/1'])
  expect(traffic.asked().every((bytes) => bytes < 64)).toBe(true)
})

test('[EVD5] people with claims that nobody checked come first, then those whose evidence is oldest', async () => {
  const { rig, check, claim, place, looks, nameOf } = await checkDesk()
  const segment = rig.own('film')
  for (const [index, name] of ['bob', 'cyd', 'dan'].entries()) {
    const { peer } = await rig.holder(name)
    nameOf.set(peer, name)
    await place(peer, segment, index)
    claim(peer, segment, index)
  }
  const order = async (times: number) => {
    for (let at = 0; at < times; at++) {
      await check()
      await rig.clock.advance(HOUR)
    }
    return looks.splice(0).map(({ holder }) => nameOf.get(holder))
  }
  const first = await order(3)
  expect(new Set(first)).toEqual(new Set(['bob', 'cyd', 'dan']))
  expect(await order(3)).toEqual(first)
  const { peer } = await rig.holder('eve')
  nameOf.set(peer, 'eve')
  await place(peer, segment, 3)
  claim(peer, segment, 3)
  expect(await order(2)).toEqual(['eve', first[0]])
})

test('[EVD4] who claims what it never had is found by its first check, and its claims are void until signed anew', async () => {
  const { rig, check, claim, place, standing, conduct, looks } = await checkDesk()
  const [film, song] = [rig.own('film'), rig.own('song')]
  const mal = await rig.holder('mal')
  await place(mal.peer, song, 0)
  claim(mal.peer, film, 2)
  claim(mal.peer, song, 0)
  const found: unknown[] = []
  for (let times = 0; times < 8 && !found.includes('unknown'); times++) found.push(await check())
  expect(found.at(-1)).toBe('unknown')
  expect(looks.at(-1)?.look.found).toBe('nothing')
  expect([standing(mal.peer, film), standing(mal.peer, song)]).toEqual(['gone', 'gone'])
  // Nothing is left to check, and a success elsewhere would change nothing.
  expect(await check()).toBeUndefined()
  // UNKNOWN is an error as well: it is asked again after an eighth of lostAfterMs.
  await rig.clock.advance(lostAfterMs / 8)
  claim(mal.peer, song, 0, 2)
  expect([standing(mal.peer, film), standing(mal.peer, song)]).toEqual(['gone', 'told'])
  expect(await check()).toBe('right')
  expect([standing(mal.peer, film), standing(mal.peer, song)]).toEqual(['gone', 'proven'])
  expect(conduct().of(mal.peer).isLiar).toBe(false)
})

test('[EVD3] who keeps but does not serve counts no more after three errors over an eighth of lostAfterMs, and again after one success', async () => {
  const { rig, check, claim, place, standing } = await checkDesk()
  const segment = rig.own('film')
  const bob = await rig.holder('bob')
  await place(bob.peer, segment, 0)
  claim(bob.peer, segment, 0)
  expect([await check(), standing(bob.peer, segment)]).toEqual(['right', 'proven'])
  handleShard(bob.network, rig.clock, {
    ...bob.host,
    read: async () => {
      throw refused('RATE')
    },
  })
  const seen: unknown[] = []
  for (let hour = 0; hour < 14; hour++) {
    await rig.clock.advance(HOUR)
    const found = await check()
    if (found !== undefined) seen.push([hour, found, standing(bob.peer, segment)])
  }
  // It is asked again after an eighth of lostAfterMs, six hours: its refusals do not use up the checks of others.
  expect(seen).toEqual([
    [0, 'error', 'proven'],
    [6, 'error', 'proven'],
    [12, 'error', 'stale'],
  ])
  handleShard(bob.network, rig.clock, bob.host)
  await rig.clock.advance(lostAfterMs / 8)
  expect([await check(), standing(bob.peer, segment)]).toEqual(['right', 'proven'])
})

test.each(['BUSY', 'EXPIRED'] as const)('[EVD3] %s is no error, and somebody who says so uses up no checks of others', async (refusal) => {
  const { rig, check, claim, place, standing, conduct, looks } = await checkDesk()
  const segment = rig.own('film')
  const [bob, cyd] = [await rig.holder('bob'), await rig.holder('cyd')]
  for (const [index, { peer }] of [bob, cyd].entries()) {
    await place(peer, segment, index)
    claim(peer, segment, index)
  }
  let asked = 0
  handleShard(bob.network, rig.clock, {
    ...bob.host,
    read: async () => {
      asked++
      throw refused(refusal)
    },
  })
  for (let hour = 0; hour < 12; hour++) {
    expect(await check()).toBe('right')
    await rig.clock.advance(HOUR)
  }
  // It is asked every six hours, and each time somebody else is checked as well.
  expect([asked, looks.length, new Set(looks.map(({ holder }) => holder))]).toEqual([2, 12, new Set([cyd.peer])])
  expect([conduct().of(bob.peer).errors, standing(bob.peer, segment)]).toEqual([0, 'told'])
  handleShard(bob.network, rig.clock, bob.host)
  await rig.clock.advance(lostAfterMs / 8)
  expect([await check(), standing(bob.peer, segment)]).toEqual(['right', 'proven'])
})

test('[EVD3] silence of somebody who is there is an error, and being away is none', async () => {
  const { rig, check, claim, place, standing, conduct, leave } = await checkDesk()
  const segment = rig.own('film')
  const mute = await rig.holder('mute', { shards: (store) => createLyingShardStore(store, 1, 'stall') })
  await place(mute.peer, segment, 0)
  claim(mute.peer, segment, 0)
  expect(await check('with time')).toBe('error')
  expect(conduct().of(mute.peer).errors).toBe(1)
  const bob = await rig.holder('bob')
  await place(bob.peer, segment, 1)
  claim(bob.peer, segment, 1)
  expect([await check(), standing(bob.peer, segment)]).toEqual(['right', 'proven'])
  leave(bob.peer)
  for (let day = 0; day < 30; day++) {
    await rig.clock.advance(DAY)
    await check('with time')
  }
  expect([standing(bob.peer, segment), conduct().of(bob.peer).errors]).toEqual(['proven', 0])
  expect(standing(mute.peer, segment)).toBe('stale')
})

for (const lie of ['flip', 'other', 'short', 'nothing'] as const) {
  test(`[EVD2] one who lies by "${lie}" is damned by one check`, async () => {
    const { rig, check, claim, place, standing, conduct } = await checkDesk()
    const segment = rig.own('film')
    const mal = await rig.holder('mal', { shards: (store) => createLyingShardStore(store, 7, lie) })
    for (const each of [segment, rig.own('decoy')]) await place(mal.peer, each, 0)
    claim(mal.peer, segment, 0)
    expect(await check()).toBe('wrong')
    expect([standing(mal.peer, segment), conduct().of(mal.peer).isLiar]).toEqual(['gone', true])
    await rig.clock.advance(DAY)
    claim(mal.peer, segment, 0, 2)
    expect([await check(), standing(mal.peer, segment)]).toEqual([undefined, 'gone'])
  })
}

test('[EVD1] three checks prove all other pieces of a person, also after a restart, for thirty days', async () => {
  const { rig, check, claim, place, standing, restart } = await checkDesk()
  const bob = await rig.holder('bob')
  const segments = Array.from({ length: 12 }, (_, at) => rig.own(`film ${at}`, { sealedLength: 8_000 }))
  for (const segment of segments) {
    await place(bob.peer, segment, 0)
    claim(bob.peer, segment, 0)
  }
  const standings = () => segments.map((segment) => standing(bob.peer, segment))
  const proven = () => standings().filter((each) => each === 'proven').length
  let checks = 0
  for (; proven() < 12 && checks < 20; checks++) expect(await check()).toBe('right')
  expect(checks).toBeLessThan(8)
  await rig.clock.advance(HOUR)
  await restart()
  expect(proven()).toBe(12)
  await rig.clock.advance(31 * DAY)
  expect(proven()).toBeLessThan(12)
})
