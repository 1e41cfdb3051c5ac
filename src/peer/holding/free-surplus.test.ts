import { expect, test } from 'vitest'
import { sizeOnDisk } from '../../adapters/storage/slabs/slab-layout.ts'
import { equalBytes, hex, type Bytes } from '../../core/bytes.ts'
import { readClaim } from '../../core/claim.ts'
import { HoardError } from '../../core/errors.ts'
import { isSurplus } from '../../core/healing/new-pieces.ts'
import { defaultPolicy, type Policy } from '../../core/policy.ts'
import type { Catalog } from '../../ports/catalog.ts'
import type { ShardStore } from '../../ports/shard-store.ts'
import { openFetch } from '../../protocol/fetch-shard.ts'
import { askWho, tell } from '../../protocol/group.ts'
import { askToRepair } from '../../protocol/repair-shard.ts'
import { createRig, type HolderOptions, outcome, shardsOnDisk } from '../../sim/holder.rig.ts'
import { repairable } from './admitting/repair.rig.ts'

const HOUR = 3_600_000
const policy: Policy = { ...defaultPolicy, presence: { ...defaultPolicy.presence, lostAfterMs: HOUR } }
const { scanMs } = policy.guardian
/** Room for one shard of 500,000 bytes, and not for two. */
const full: HolderOptions = { policy, offer: { isOn: true, offerBytes: 1_000_000 }, allowance: 'whole-offer' }

type Person = Awaited<ReturnType<typeof repairable>>

/** What the people of a crowd have found out about each other, and for how long they have known each other. */
interface Crowd {
  readonly count: number
  readonly is?: 'proven' | 'told'
  readonly knownForMs?: number
  readonly options?: HolderOptions
}

/** A film of 4 pieces, any 2 of which suffice, with `count` people whose room is full and who keep different ones. */
async function crowd({ count, is = 'proven', knownForMs = 2 * HOUR, options = {} }: Crowd) {
  const rig = createRig()
  const owner = rig.join('owner')
  const [film, letter] = [rig.own('film'), rig.own('letter')]
  const people: Person[] = []
  for (let at = 0; at < count; at++) people.push(await repairable(rig, `person ${at}`, { ...full, ...options }))
  const claims: Bytes[] = []
  for (const [index, { peer }] of people.entries()) claims.push(await rig.place(owner, peer, film, index))
  for (const { peer, conduct } of people) {
    await tell(owner, rig.clock, peer, { claims })
    const others = people.map((other, index) => ({ ...other, index })).filter((other) => other.peer !== peer)
    if (is === 'proven')
      for (const other of others) conduct.noteProven(other.peer, { segmentId: film.segmentId, index: other.index }, undefined)
  }
  await rig.clock.advance(knownForMs)
  const store = (index: number) => outcome(rig.place(owner, people[index]?.peer ?? owner.self, letter, index))
  const rows = people.map(({ peer }, index) => ({ peer, index, standing: 'proven' as const, isLost: false, toldAt: 0 }))
  const isSpare = ({ peer, index }: (typeof rows)[number]): boolean => isSurplus(peer, index, { ...film, n: 4 }, rows, 0)
  const keepsFilm = ({ host }: Person): boolean => host.kept().some(({ segmentId }) => segmentId === hex(film.segmentId))
  return {
    rig,
    owner,
    film,
    letter,
    people,
    keepsFilm,
    /** The number of the first who may give up its piece of the film when all know of each other; that of the piece too. */
    spareIndex: rows.findIndex(isSpare),
    /** Stores a piece of the letter with everybody at once. */
    press: () => Promise.all(people.map((_person, index) => store(index))),
    /** Resolves with the segments that the newest claim of `person` on the film names. */
    async claimed({ peer }: Person): Promise<readonly string[]> {
      const { own } = await askWho(owner, rig.clock, peer, film.groupId)
      if (own === undefined) throw new Error('a claim')
      return readClaim(own).rows.map(({ segmentId }) => hex(segmentId))
    },
    /** Resolves with the outcome of asking `person` for a leaf of its piece of the film. */
    async read({ peer }: Person, index: number): Promise<string> {
      const turn = await openFetch(rig.join(`reader ${rig.clock.now()}`), rig.clock, peer)
      const said = await outcome(turn.read({ segmentId: film.segmentId, index, firstLeaf: 0, leaves: 1 }))
      turn.close()
      return said
    },
  }
}

test('[RPR15] of six people who keep pieces of a file that needs four, two give theirs up for a store when all are pressed at once', async () => {
  const { people, keepsFilm, press } = await crowd({ count: 6 })
  const said = await press()
  expect(said.toSorted()).toEqual(['FULL', 'FULL', 'FULL', 'FULL', 'done', 'done'])
  expect(people.map(keepsFilm)).toEqual(said.map((word) => word === 'FULL'))
})

test('[ADM5] a holder says FULL while not more pieces are kept than are needed', async () => {
  const { people, keepsFilm, press } = await crowd({ count: 4 })
  expect(await press()).toEqual(['FULL', 'FULL', 'FULL', 'FULL'])
  expect(people.every(keepsFilm)).toBe(true)
})

test.each([
  ['say that they keep something and have not proven it', { is: 'told' }],
  ['have proven that they keep something, but only for half an hour', { knownForMs: HOUR / 2 }],
] as const)('[RPR15] people who %s make nobody give up anything', async (_name, known) => {
  const { people, keepsFilm, press } = await crowd({ count: 6, ...known })
  expect(await press()).toEqual(people.map(() => 'FULL'))
  expect(people.every(keepsFilm)).toBe(true)
})

test('[RPR15] a device that has just started gives up nothing for two minutes, nor anything of a group that it has not compared', async () => {
  const { rig, owner, film, letter, people, keepsFilm, spareIndex } = await crowd({ count: 6 })
  const before = people[spareIndex]
  if (!before) throw new Error('somebody')
  before.host.close()
  rig.swarm.kill(before.peer)
  const compared = { is: false }
  const isServable: HolderOptions['isServable'] = (groupId) => compared.is || !equalBytes(groupId, film.groupId)
  const again = await repairable(rig, `person ${spareIndex}`, { ...full, files: before.files, isServable })
  for (const [index, { peer }] of people.entries())
    if (peer !== again.peer) again.conduct.noteProven(peer, { segmentId: film.segmentId, index }, undefined)
  const store = () => outcome(rig.place(owner, again.peer, letter, 0))
  expect([await store(), keepsFilm(again)]).toEqual(['FULL', true])
  await rig.clock.advance(HOUR)
  expect([await store(), keepsFilm(again)]).toEqual(['FULL', true])
  compared.is = true
  await rig.clock.advance(scanMs)
  expect([await store(), keepsFilm(again)]).toEqual(['done', false])
})

test('[KEE7] a piece that is given up leaves the claim and the disk, and a check of it meanwhile is held against nobody', async () => {
  const { rig, people, press, spareIndex: index, claimed, read, keepsFilm, owner, film } = await crowd({ count: 6 })
  const person = people[index]
  if (!person) throw new Error('somebody')
  const changed: string[] = []
  person.host.compared.watch((groupId) => changed.push(hex(groupId)))
  await press()
  await person.host.sweep()
  expect(await claimed(person)).toEqual([])
  expect(changed).toContain(hex(film.groupId))
  expect([keepsFilm(person), shardsOnDisk(person.host)]).toEqual([false, sizeOnDisk(500_000)])
  expect(await read(person, index)).toBe('EXPIRED')
  await rig.clock.advance(scanMs + HOUR)
  expect(await read(person, index)).toBe('UNKNOWN')
  await person.host.sweep()
  expect(await outcome(askWho(owner, rig.clock, person.peer, film.groupId))).toBe('UNKNOWN')
})

test('[ADM5] a repair that finds no room is taken for a piece that is surplus', async () => {
  const { rig, film, letter, owner, people } = await crowd({ count: 6 })
  const claims: Bytes[] = []
  for (const index of [0, 1, 2]) {
    const { peer } = await rig.holder(`keeper ${index}`)
    claims.push(await rig.place(owner, peer, letter, index))
  }
  const bring = async ({ peer }: Person): Promise<string> => {
    const offer = { descriptor: letter.descriptor, charter: letter.charter(), index: 3, claims }
    return outcome(
      askToRepair(rig.join(`guardian of ${peer}`), rig.clock, peer, offer).then(async (turn) => {
        if (turn === 'not spoken' || turn.is !== 'wanted') throw new Error('wanted')
        await turn.send(letter.shards[3] ?? new Uint8Array())
        return turn.finish()
      }),
    )
  }
  const said: string[] = []
  for (const person of people) said.push(await bring(person))
  // The second who would do it keeps the letter's piece already by the first: it is asked for another one.
  expect(said.filter((word) => word === 'done').length).toBeGreaterThan(0)
  expect(said.filter((word) => word !== 'done' && word !== 'FULL' && word !== 'BAD-REQUEST')).toEqual([])
  expect(people.filter(({ host }) => host.kept().some(({ segmentId }) => segmentId === hex(film.segmentId))).length).toBeGreaterThanOrEqual(
    4,
  )
})

test('[KEE7] a crash before the claim is written gives up nothing, and one after it leaves nothing claimed that is not there', async () => {
  const broken = new HoardError('storage-unavailable', {})
  for (const at of ['claim', 'removal'] as const) {
    const crash = { isNear: false }
    const catalog = (inner: Catalog): Catalog => ({
      ...inner,
      commit: async (changes) => {
        if (crash.isNear && at === 'claim' && changes.some(({ table, value }) => table === 'descriptors' && value === undefined))
          throw broken
        return inner.commit(changes)
      },
    })
    const shards = (inner: ShardStore): ShardStore => ({
      ...inner,
      remove: async (shardId) => {
        if (crash.isNear && at === 'removal') throw broken
        return inner.remove(shardId)
      },
    })
    const { rig, people, press, claimed, film, read, spareIndex: index } = await crowd({ count: 6, options: { catalog, shards } })
    crash.isNear = true
    expect(await press()).not.toContain('done')
    const before = people[index]
    if (!before) throw new Error('somebody')
    before.host.close()
    rig.swarm.kill(before.peer)
    const after = await repairable(rig, `person ${index}`, { ...full, files: before.files })
    const isKept = after.host.kept().some(({ segmentId }) => segmentId === hex(film.segmentId))
    expect(isKept).toBe(at === 'claim')
    expect(await claimed(after)).toEqual(at === 'claim' ? [hex(film.segmentId)] : [])
    expect(await read(after, index)).toBe(at === 'claim' ? 'done' : 'UNKNOWN')
  }
})
