import { expect, test } from 'vitest'
import { nextTurn } from '../../adapters/memory/turn.ts'
import { equalBytes, hex, type Bytes } from '../../core/bytes.ts'
import { readCharter } from '../../core/charter.ts'
import type { Catalog } from '../../ports/catalog.ts'
import { askWho, handleGroup, tell } from '../../protocol/group.ts'
import { claimOf, createRig, type HolderOptions, outcome, type OwnedSegment, type Rig, type RiggedHolder } from '../../sim/holder.rig.ts'

const DAY = 86_400_000
/** Room for two shards of 500,000 bytes, and not for three. */
const small: HolderOptions = { offer: { isOn: true, offerBytes: 1_400_000 }, allowance: 'whole-offer' }

/** Moves time on, a second at a time, until `work` is done; resolves with its outcome and how long it took, milliseconds. */
async function lasting(rig: Rig, work: Promise<unknown>): Promise<{ readonly said: string; readonly ms: number }> {
  const from = rig.clock.now()
  let isDone = false
  const said = outcome(work).finally(() => (isDone = true))
  for (let turn = 1; !isDone; turn++) {
    await nextTurn()
    if (turn % 2_000 === 0) await rig.clock.advance(1_000)
  }
  return { said: await said, ms: rig.clock.now() - from }
}

const keeps = ({ host }: RiggedHolder, { segmentId }: OwnedSegment): boolean => host.kept().some((row) => row.segmentId === hex(segmentId))

/** Ada, whose room is full with two films, each of which Bob and Carol keep as well; both films are over after three days, the first one first. */
async function fullHouse(optionsIn: (rig: Rig) => HolderOptions = () => ({})) {
  const rig = createRig()
  const owner = rig.join('owner')
  const ada = await rig.holder('ada', { ...small, ...optionsIn(rig) })
  const [bob, carol] = [await rig.holder('bob'), await rig.holder('carol')]
  const own = (name: string, days: number): OwnedSegment => {
    const segment = rig.own(name)
    const charter = segment.charter({ until: rig.clock.now() + days * DAY })
    return { ...segment, charter: () => charter, offer: (holder, index) => ({ ...segment.offer(holder, index), charter }) }
  }
  const [first, second, letter] = [own('first', 1), own('second', 2), own('letter', 30)]
  for (const film of [second, first]) {
    const claims: Bytes[] = []
    for (const [index, { peer }] of [ada, bob, carol].entries()) claims.push(await rig.place(owner, peer, film, index))
    for (const { peer } of [ada, bob, carol]) await tell(owner, rig.clock, peer, { claims })
  }
  const store = () => outcome(rig.place(owner, ada.peer, letter, 0))
  const renewed = (of: OwnedSegment) =>
    rig.own(of === first ? 'first' : 'second').charter({ seq: 5_000, until: rig.clock.now() + 90 * DAY })
  const knownCharter = async (of: OwnedSegment): Promise<number> => {
    const { paper } = await askWho(owner, rig.clock, ada.peer, of.groupId)
    return paper === undefined ? 0 : readCharter(paper.bytes).seq
  }
  return { rig, owner, ada, bob, carol, first, second, letter, store, renewed, knownCharter }
}

test('[ADM5] live pieces never make room for new ones', async () => {
  const { ada, first, second, store } = await fullHouse()
  expect(await store()).toBe('FULL')
  expect([keeps(ada, first), keeps(ada, second)]).toEqual([true, true])
})

test('[ADM5] of two groups that are over the one that ended first makes room, and the other stays', async () => {
  const { rig, ada, first, second, letter, store } = await fullHouse()
  await rig.clock.advance(3 * DAY)
  expect([keeps(ada, first), keeps(ada, second)]).toEqual([true, true])
  expect(await store()).toBe('done')
  expect([keeps(ada, first), keeps(ada, second), keeps(ada, letter)]).toEqual([false, true, true])
})

test('[ADM5] orphans go before groups that are over', async () => {
  const { rig, owner, ada, bob, first, second, letter } = await fullHouse()
  await rig.clock.advance(3 * DAY)
  ada.host.close()
  rig.swarm.kill(ada.peer)
  // The catalog has lost the row of the second film.
  const without = (catalog: Catalog): Catalog => ({
    ...catalog,
    all: async (table) => (await catalog.all(table)).filter(({ key }) => table !== 'descriptors' || key !== hex(second.segmentId)),
  })
  const again = await rig.holder('ada', { ...small, files: ada.files, catalog: without })
  expect([keeps(again, first), keeps(again, second)]).toEqual([true, false])
  expect(await outcome(rig.place(owner, again.peer, letter, 0))).toBe('done')
  expect([keeps(again, first), keeps(again, letter), keeps(bob, first)]).toEqual([true, true, true])
})

test('[KEE8] a newer charter that a co-holder has is taken, its group is kept, and the next one that is over goes', async () => {
  const { rig, owner, ada, carol, first, second, store, renewed, knownCharter } = await fullHouse()
  await rig.clock.advance(3 * DAY)
  await tell(owner, rig.clock, carol.peer, { charter: renewed(first), claims: [] })
  expect(await store()).toBe('done')
  expect([keeps(ada, first), keeps(ada, second)]).toEqual([true, false])
  expect(await knownCharter(first)).toBe(5_000)
})

test('[KEE8] nobody is asked about a group twice within an hour', async () => {
  const { rig, owner, ada, bob, carol, first, second, store, renewed } = await fullHouse()
  await rig.clock.advance(3 * DAY)
  for (const { peer } of [bob, carol]) await tell(owner, rig.clock, peer, { charter: renewed(first), claims: [] })
  let asked = 0
  for (const { network, host } of [bob, carol])
    handleGroup(network, rig.clock, { ...host, who: (...question) => (asked++, host.who(...question)) })
  expect(await store()).toBe('done')
  expect([keeps(ada, first), keeps(ada, second)]).toEqual([true, false])
  expect(asked).toBe(4)
  await rig.clock.advance(120_000)
  expect(await outcome(rig.place(owner, ada.peer, rig.own('one more'), 0))).toBe('FULL')
  expect(asked).toBe(4)
})

test.each([
  ['an invalid charter', (charter: Bytes) => charter.map((byte, at) => (at === charter.length - 1 ? byte ^ 1 : byte))],
  ['no charter at all', (charter: Bytes) => charter.subarray(0, 50)],
  ['the charter that is over', (_charter: Bytes, known: Bytes) => known],
])('[KEE8] a co-holder that shows %s keeps nothing alive', async (_name, lie) => {
  const { rig, ada, bob, carol, first, store, renewed } = await fullHouse()
  const known = first.charter()
  await rig.clock.advance(3 * DAY)
  for (const { network, host } of [bob, carol]) {
    const paper = { is: 'charter', bytes: new Uint8Array(lie(renewed(first), known)) } as const
    handleGroup(network, rig.clock, { ...host, who: async () => ({ paper, claims: [] }) })
  }
  expect(await store()).toBe('done')
  expect(keeps(ada, first)).toBe(false)
})

test('[KEE8] co-holders that do not answer are waited for ten seconds at least, and less than a store waits', async () => {
  const { rig, owner, ada, bob, carol, first, letter } = await fullHouse()
  await rig.clock.advance(3 * DAY)
  for (const { network, host } of [bob, carol]) handleGroup(network, rig.clock, { ...host, who: () => new Promise(() => undefined) })
  const { said, ms } = await lasting(rig, rig.place(owner, ada.peer, letter, 0))
  expect([said, keeps(ada, first)]).toEqual(['done', false])
  expect(ms).toBeGreaterThanOrEqual(10_000)
  expect(ms).toBeLessThan(60_000)
})

test('[KEE8] of hundreds of groups about which nobody answers as many go as half a minute is enough for, and no more', async () => {
  const rig = createRig()
  const owner = rig.join('owner')
  const ada = await rig.holder('ada', { offer: { isOn: true, offerBytes: 3_000_000 }, allowance: 'whole-offer' })
  handleGroup(rig.join('silent'), rig.clock, { who: () => new Promise(() => undefined), told: async () => undefined })
  for (let at = 0; at < 60; at++) {
    const tiny = rig.own(`tiny ${at}`, { sealedLength: 64 })
    await rig.place(owner, ada.peer, tiny, 0)
    await tell(owner, rig.clock, ada.peer, { claims: [await claimOf('silent', tiny, 1)] })
  }
  await rig.clock.advance(3 * DAY)
  const { said, ms } = await lasting(rig, rig.place(owner, ada.peer, rig.own('big', { sealedLength: 5_300_000 }), 0))
  expect(said).toBe('FULL')
  expect(ms).toBeLessThan(60_000)
  const left = ada.host.facts().pieces
  expect(left).toBeGreaterThan(0)
  expect(left).toBeLessThan(60)
})

test('[KEE8] while nobody tells the time, or most tell an earlier one, and while a group may have been renewed unheard, nothing is over', async () => {
  const clock: { time: number | undefined } = { time: undefined }
  const compared = { is: true }
  const { rig, ada, first, second, letter, store } = await fullHouse((rigged) => {
    const now = (): number => rigged.clock.now()
    const { groupId } = rigged.own('letter')
    return {
      papers: { now, passed: now, confirmed: () => clock.time },
      isServable: (other) => compared.is || equalBytes(other, groupId),
    }
  })
  await rig.clock.advance(3 * DAY)
  expect(await store()).toBe('FULL')
  clock.time = rig.clock.now() - 400 * DAY
  await rig.clock.advance(120_000)
  expect(await store()).toBe('FULL')
  clock.time = rig.clock.now()
  compared.is = false
  await rig.clock.advance(120_000)
  expect(await store()).toBe('FULL')
  expect([keeps(ada, first), keeps(ada, second)]).toEqual([true, true])
  compared.is = true
  await rig.clock.advance(120_000)
  expect(await store()).toBe('done')
  expect([keeps(ada, first), keeps(ada, letter)]).toEqual([false, true])
})
