import { expect, test } from 'vitest'
import type { Bytes } from '../../../core/bytes.ts'
import { readCharter } from '../../../core/charter.ts'
import { openFetch } from '../../../protocol/fetch-shard.ts'
import { askWho, tell } from '../../../protocol/group.ts'
import { createRig, outcome } from '../../../sim/holder.rig.ts'

const DAY = 86_400_000

/** Ada and Bob keep a film under a charter of the longest term and grace, and do not know of each other. */
async function leased() {
  const rig = createRig()
  const owner = rig.join('owner')
  const [ada, bob] = [await rig.holder('ada'), await rig.holder('bob')]
  const film = rig.own('film')
  const charter = film.charter({ seq: rig.clock.now(), until: rig.clock.now() + 400 * DAY, grace: 60 * DAY })
  const segment = { ...film, offer: (holder: typeof ada.peer, index: number) => ({ ...film.offer(holder, index), charter }) }
  for (const [index, { peer }] of [ada, bob].entries()) await rig.place(owner, peer, segment, index)
  const tellTo = ({ peer }: typeof ada, news: { readonly charter?: Bytes; readonly tombstone?: Bytes }) =>
    outcome(tell(owner, rig.clock, peer, { ...news, claims: [] }))
  const say = (news: { readonly charter?: Bytes; readonly tombstone?: Bytes }) => tellTo(ada, news)
  const read = async () => {
    const turn = await openFetch(rig.join('reader'), rig.clock, ada.peer)
    const said = await outcome(turn.read({ segmentId: film.segmentId, index: 0, firstLeaf: 0, leaves: 1 }))
    turn.close()
    return said
  }
  const paperOf = async ({ peer }: typeof ada) => (await askWho(owner, rig.clock, peer, film.groupId)).paper
  /** Resolves with the seq of the charter that a holder goes by; undefined when it goes by a tombstone, or knows nothing. */
  const seqOf = async (holder: typeof ada) => {
    const paper = await paperOf(holder)
    return paper?.is === 'charter' ? readCharter(paper.bytes).seq : undefined
  }
  return { rig, owner, ada, bob, film, segment, charter, tellTo, say, read, paperOf, seqOf }
}

test('[KEE4] a tombstone outlives a charter of 400 days and its grace: whoever slept through the end revives nothing', async () => {
  const { rig, owner, ada, film, segment, charter, say, read, paperOf } = await leased()
  // By a device whose clock is as far ahead as papers may be.
  expect(await say({ tombstone: film.tombstone(rig.clock.now() + 3 * DAY) })).toBe('done')
  await rig.clock.advance(459 * DAY)
  expect(await say({ charter })).toBe('done')
  expect((await paperOf(ada))?.is).toBe('tombstone')
  expect(await outcome(rig.place(owner, ada.peer, segment, 0))).toBe('EXPIRED')
  await rig.clock.advance(13 * DAY)
  await ada.host.sweep()
  expect(await read()).toBe('UNKNOWN')
  // Forgotten at last, when the charter is over for everybody.
  expect(await say({ charter })).toBe('UNKNOWN')
  expect(await outcome(rig.place(owner, ada.peer, segment, 0))).toBe('EXPIRED')
})

test('[TMB3] a charter that revives ends tombstones up to the one it names, whichever comes first, and none after it', async () => {
  const { rig, ada, bob, film, tellTo } = await leased()
  const now = rig.clock.now()
  const revival = film.charter({ seq: now + 20, revive: now + 10, until: now + 90 * DAY })
  const orders = [
    [ada, [{ tombstone: film.tombstone(now + 10) }, { charter: revival }]],
    [bob, [{ charter: revival }, { tombstone: film.tombstone(now + 10) }]],
  ] as const
  const kept = (holder: typeof ada): number => holder.host.kept().length
  for (const [holder, papers] of orders) for (const paper of papers) expect(await tellTo(holder, paper)).toBe('done')
  expect([kept(ada), kept(bob)]).toEqual([1, 1])
  // A later renewal that forgets what was cancelled does not bring the group to its end, nor does it count.
  for (const holder of [ada, bob]) await tellTo(holder, { charter: film.charter({ seq: now + 30, until: now + 1 }) })
  await rig.clock.advance(DAY)
  expect([kept(ada), kept(bob)]).toEqual([1, 1])
  for (const holder of [ada, bob]) await tellTo(holder, { tombstone: film.tombstone(now + 11) })
  expect([kept(ada), kept(bob)]).toEqual([0, 0])
})

test('[TMB3] a charter without revive brings nothing back that has ended, however new it is', async () => {
  const { rig, film, say, read } = await leased()
  await say({ tombstone: film.tombstone(rig.clock.now()) })
  await say({ charter: film.charter({ seq: rig.clock.now() + DAY, until: rig.clock.now() + 90 * DAY }) })
  expect(await read()).toBe('EXPIRED')
})

test('[CHA2] renewals by two devices that come in any order leave every holder with the same one', async () => {
  const { rig, ada, bob, film, tellTo, seqOf } = await leased()
  const now = rig.clock.now()
  const renewals = [30, 10, 20].map((days, at) => film.charter({ seq: now + 1_000 + at, until: now + days * DAY }))
  for (const charter of renewals) await tellTo(ada, { charter })
  for (const charter of [...renewals].reverse()) await tellTo(bob, { charter })
  expect([await seqOf(ada), await seqOf(bob)]).toEqual([now + 1_002, now + 1_002])
  // Two devices that took the same number: the lower digest holds, for both.
  const twins = [40, 50].map((days) => film.charter({ seq: now + 2_000, until: now + days * DAY }))
  for (const charter of twins) await tellTo(ada, { charter })
  for (const charter of [...twins].reverse()) await tellTo(bob, { charter })
  expect(ada.host.kept()[0]?.until).toBe(bob.host.kept()[0]?.until)
})

test.each([
  ['401 days ahead', (now: number) => ({ until: now + 401 * DAY })],
  ['as far ahead as a number goes', () => ({ until: Number.MAX_SAFE_INTEGER })],
  ['numbered four days ahead', (now: number) => ({ seq: now + 4 * DAY, until: now + DAY })],
])('[CHA4] a charter %s is refused and changes nothing', async (_name, dates) => {
  const { rig, ada, film, say, read, seqOf } = await leased()
  const before = await seqOf(ada)
  const now = rig.clock.now()
  expect(await say({ charter: film.charter({ seq: now + 1, ...dates(now) }) })).toBe('BAD-REQUEST')
  expect([await seqOf(ada), await read()]).toEqual([before, 'done'])
})

test('[KEE3] a charter whose time is over already ends what is served, not what is kept: the next one brings it back', async () => {
  const { rig, film, say, read } = await leased()
  const now = rig.clock.now()
  expect(await say({ charter: film.charter({ seq: now + 1, until: 0 }) })).toBe('done')
  expect(await read()).toBe('EXPIRED')
  await rig.clock.advance(30 * DAY)
  expect(await say({ charter: film.charter({ seq: now + 2, until: now + 90 * DAY }) })).toBe('done')
  expect(await read()).toBe('done')
})
