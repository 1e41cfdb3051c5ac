import { expect, test } from 'vitest'
import { createCoding } from '../../adapters/coding/create-coding.ts'
import { createMemoryFiles, type MemoryFiles } from '../../adapters/memory/memory-files.ts'
import { openMemoryStorage } from '../../adapters/memory/memory-storage.ts'
import { createSeededRandom } from '../../adapters/memory/seeded-random.ts'
import { createDeviceSigner } from '../../adapters/storage/device-signer.ts'
import { hex } from '../../core/bytes.ts'
import { defaultPolicy, type Policy } from '../../core/policy.ts'
import { handleShard } from '../../protocol/shard.ts'
import type { PeerParts } from '../api/peer-parts.ts'
import { createRig, outcome, type Rig } from '../../sim/holder.rig.ts'
import { openHolder } from './open-holder.ts'

const [KIB, GB, DAY] = [1024, 1e9, 86_400_000]
/** Everything is a quarter of what it could be: a newcomer may have 256 KiB, all of them a fifth of the offer together. */
const ledger = { newcomerBytes: 256 * KIB, newcomersShare: 0.2 }
const policy: Policy = { ...defaultPolicy, ledger }

/** Ada, who lends 25 MB from now on, as a whole device that remembers that. */
async function lending(rig: Rig, files: MemoryFiles, offer = { isOn: true, offerBytes: 25_000_000 }, rate?: number) {
  const random = createSeededRandom(`device ada ${rig.clock.now()}`)
  const storage = await openMemoryStorage({ files, random })
  const signer = createDeviceSigner(createSeededRandom('peer ada').bytes(32))
  const { network, directory } = rig.swarm.join(signer.peerId)
  const { clock } = rig
  const now = (): number => clock.now()
  const keptForAda = new Map<string, number>()
  const parts: Parameters<typeof openHolder>[0] = {
    ...({} as PeerParts),
    network,
    directory,
    catalog: storage.catalog,
    shards: storage.shards,
    coder: createCoding(crypto.subtle),
    signer,
    clock,
    random,
    policy,
    defaultOffer: offer,
  }
  const host = await openHolder(parts, {
    papers: { now, passed: now, confirmed: now },
    keepsForMe: () => keptForAda,
    ...(rate !== undefined && { resendRate: () => rate }),
  })
  handleShard(network, clock, host)
  let made = 0
  /** Stores shards of 64 KiB, or of `bytes`, as `name` until one is refused or `most` are kept; resolves with how many were. */
  async function fill(name: string, most = Infinity, bytes = 64 * KIB): Promise<number> {
    const placer = rig.join(name)
    for (let kept = 0; kept < most; kept++) {
      const segment = rig.own(`${name} ${made++}`, { sealedLength: 2 * bytes })
      if ((await outcome(rig.place(placer, network.self, segment, 0))) !== 'done') return kept
    }
    return most
  }
  return { host, peer: network.self, keptForAda, fill, kill: () => (host.close(), rig.swarm.kill(network.self)) }
}

test('[ADM8] 300 names that come within an hour fill half of what newcomers may have, and an honest one stores two days later', async () => {
  const rig = createRig()
  const ada = await lending(rig, createMemoryFiles())
  let kept = 0
  for (let name = 0; name < 300; name++) {
    kept += await ada.fill(`flood ${name}`, 4)
    await rig.clock.advance(12_000)
  }
  expect(kept * 64 * KIB).toBeGreaterThan(1_500_000)
  expect(ada.host.facts().usedBytes).toBeLessThan(2_500_000)
  // Its part of 64 MiB, four times that with what is coded beside it, among 300 people; a quarter of it here.
  const part = Math.ceil((4 * 64 * KIB * KIB) / 300 / 4)
  expect(await ada.fill('honest', 1, part)).toBe(0)
  await rig.clock.advance(2 * DAY)
  expect(await ada.fill('honest', 1, part)).toBe(1)
})

test('[ADM4, ADM5] a new name every day gets no more than the share of newcomers, and no piece of anybody leaves for it', async () => {
  const rig = createRig()
  const ada = await lending(rig, createMemoryFiles(), { isOn: true, offerBytes: 5_000_000 })
  const friend = rig.join('friend')
  ada.keptForAda.set(friend.self, 20_000_000)
  const film = rig.own('film', { sealedLength: 2_000_000 })
  const charter = film.charter({ until: rig.clock.now() + 365 * DAY })
  const offer = (index: number) => ({ ...film.offer(ada.peer, index), charter })
  await rig.place(friend, ada.peer, { ...film, offer: (_peer, index) => offer(index) }, 0)
  let kept = 0
  for (let day = 0; day < 40; day++) {
    kept += await ada.fill(`rider ${day}`)
    await rig.clock.advance(DAY)
  }
  expect(kept * 64 * KIB).toBeGreaterThan(600_000)
  expect(kept * 64 * KIB).toBeLessThan(1_000_000)
  expect(ada.host.kept().some(({ segmentId }) => segmentId === hex(film.segmentId))).toBe(true)
  // Who keeps something in return is not held up by it.
  expect(await ada.fill('friend', 20)).toBe(20)
})

test('[ADM8] since when an offer stands is remembered over a restart and a change of its size, and begins anew when it was off', async () => {
  const rig = createRig()
  const files = createMemoryFiles()
  const small = { isOn: true, offerBytes: 5_000_000 }
  const first = await lending(rig, files, small)
  const fillAll = async (ada: typeof first, name: string): Promise<number> =>
    (await ada.fill(`${name} 1`)) + (await ada.fill(`${name} 2`)) + (await ada.fill(`${name} 3`))
  const half = await fillAll(first, 'first')
  expect([half, await first.fill('late')]).toEqual([6, 0])
  await rig.clock.advance(10 * DAY)
  first.kill()
  const second = await lending(rig, files, small)
  await second.host.setOffer({ isOn: true, offerBytes: 5_000_000 })
  // A third of the share more, 333 KB.
  expect(await fillAll(second, 'second')).toBe(4)
  await second.host.setOffer({ isOn: false, offerBytes: 5_000_000 })
  await second.host.setOffer({ isOn: true, offerBytes: 10_000_000 })
  // Of twice as much half is open again, and not five sixths.
  const third = await fillAll(second, 'third')
  expect(third).toBeGreaterThan(0)
  expect(third).toBeLessThan(4)
})

test('[ADM8] a flood of names on day 40 meets half of a share that nobody used, also after a restart, and the rest opens from there', async () => {
  const rig = createRig()
  const files = createMemoryFiles()
  const first = await lending(rig, files, { isOn: true, offerBytes: 5_000_000 })
  await rig.clock.advance(40 * DAY)
  const flood = async (ada: typeof first, name: string): Promise<number> =>
    (await ada.fill(`${name} 1`)) + (await ada.fill(`${name} 2`)) + (await ada.fill(`${name} 3`)) + (await ada.fill(`${name} 4`))
  expect(await flood(first, 'flood')).toBe(6)
  first.kill()
  const second = await lending(rig, files, { isOn: true, offerBytes: 5_000_000 })
  expect(await flood(second, 'more of it')).toBe(0)
  await rig.clock.advance(10 * DAY)
  // A third of the share more, 333 KB.
  expect(await flood(second, 'later')).toBe(4)
})

test('[ADM7] an offer counts as far as the device could send it again in 400,000 seconds', async () => {
  const rig = createRig()
  const roomAt = async (rate: number | undefined, offerBytes: number) => {
    const ada = await lending(rig, createMemoryFiles(), { isOn: true, offerBytes }, rate)
    const { countedBytes, roomBytes } = ada.host.facts()
    ada.kill()
    return [countedBytes, roomBytes]
  }
  expect(await roomAt(32 * 1024, 100 * GB)).toEqual([13_107_200_000, 11_796_480_000])
  expect(await roomAt(undefined, 100 * GB)).toEqual([26_214_400_000, 23_592_960_000])
  expect(await roomAt(undefined, 10 * GB)).toEqual([10 * GB, 9 * GB])
  expect(await roomAt(32 * 1024, 0)).toEqual([0, 0])
})

test('[ADM7] what does not count is not filled, and what is kept beyond it stays', async () => {
  const rig = createRig()
  const files = createMemoryFiles()
  const wide = await lending(rig, files, { isOn: true, offerBytes: 25_000_000 }, 1e6)
  wide.keptForAda.set(rig.join('friend').self, GB)
  expect(await wide.fill('friend', 12)).toBe(12)
  wide.kill()
  // 400 KB of it count at one byte a second.
  const thin = await lending(rig, files, { isOn: true, offerBytes: 25_000_000 }, 1)
  thin.keptForAda.set(rig.join('other').self, GB)
  expect(await thin.fill('other', 1)).toBe(0)
  expect(thin.host.facts()).toMatchObject({ pieces: 12, roomBytes: 0, countedBytes: 400_000 })
})
