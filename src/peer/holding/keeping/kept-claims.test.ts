import { expect, test } from 'vitest'
import { checkClaim, type CheckedClaim } from '../../../core/claim.ts'
import { bytesUpTo, objectFormat } from '../../../core/encoding.ts'
import type { PeerId } from '../../../core/ids.ts'
import type { Catalog, CatalogTable } from '../../../ports/catalog.ts'
import { askWho, tell } from '../../../protocol/group.ts'
import { allClaims, claimOf, storedRig, tellBySeveral } from '../../../sim/holder.rig.ts'

const DAY_MS = 86_400_000

test('[GRO4] when a piece was first told, checked and looked at in vain survives newer claims and restarts', async () => {
  const { rig, ada, owner, segment } = await storedRig()
  const { groupId, segmentId } = segment
  const [bob, carol] = [await claimOf('bob', segment, 1), await claimOf('carol', segment, 1)]
  const holderOf = (bytes: Uint8Array) => checkClaim(bytes, rig.clock.now()).holder
  const firstAt = rig.clock.now()
  await tell(owner, rig.clock, ada.peer, { claims: [bob, carol] })
  await rig.clock.advance(DAY_MS)
  await ada.host.noteLook(groupId, holderOf(bob), { found: 'right', segmentId, at: rig.clock.now() })
  await ada.host.noteLook(groupId, holderOf(carol), { found: 'nothing', segmentId, at: rig.clock.now() })
  const checkedAt = Math.floor(rig.clock.now() / 1000) * 1000
  await rig.clock.advance(DAY_MS)
  await tell(owner, rig.clock, ada.peer, { claims: [await claimOf('bob', segment, 2)] })
  const takenAt = rig.clock.now()
  const toldAt = Math.floor(firstAt / 1000) * 1000
  const check = (host: typeof ada.host) => {
    const roll = host.roll(groupId)
    expect(roll.find(holderOf(bob))).toMatchObject({ seq: 2, takenAt, isChecked: true, telling: { teller: owner.self } })
    expect(roll.find(holderOf(carol))).toMatchObject({ seq: 1, takenAt: firstAt, isChecked: false })
    expect(roll.rowOf(holderOf(bob), segmentId)).toEqual({ holder: holderOf(bob), index: 1, toldAt, checkedAt, hasFailed: false })
    expect(roll.rowOf(holderOf(carol), segmentId)).toEqual({ holder: holderOf(carol), index: 1, toldAt, hasFailed: true })
    expect(roll.rowOf(ada.peer, segmentId)?.index).toBe(0)
  }
  check(ada.host)
  ada.host.close()
  await rig.clock.advance(DAY_MS)
  const again = await rig.holder('ada', { files: ada.files })
  check(again.host)
  expect(again.host.facts().paperBytes).toBe(ada.host.facts().paperBytes)
})

test('[GRO4] a checked newcomer takes the place of an unchecked person, whoever tells, and of nobody who is checked', async () => {
  const { rig, ada, eve, owner, segment } = await storedRig()
  const { groupId, segmentId } = segment
  const made = await Promise.all(Array.from({ length: 255 }, async (_, at) => claimOf(`made up ${at}`, segment, 1)))
  await tellBySeveral(rig, ada.peer, made)
  const right = { found: 'right', segmentId, at: rig.clock.now() } as const
  const newcomer = (name: string): Promise<CheckedClaim> => claimOf(name, segment, 1).then((bytes) => checkClaim(bytes, rig.clock.now()))
  const holders = async () =>
    allClaims(await askWho(owner, rig.clock, ada.peer, groupId)).map((bytes) => checkClaim(bytes, rig.clock.now()).holder)
  const bob = await newcomer('bob')
  await ada.host.takeChecked(eve.self, bob, right)
  expect((await holders()).length).toBe(256)
  expect(await holders()).toContain(bob.holder)
  for (const holder of ada.host.roll(groupId).holders()) await ada.host.noteLook(groupId, holder, right)
  const carol = await newcomer('carol')
  await ada.host.takeChecked(eve.self, carol, right)
  expect(await holders()).not.toContain(carol.holder)
})

test('[GRO7] the claim of a person who is checked is booked on nobody', async () => {
  const { rig, ada, eve, segment } = await storedRig()
  const { groupId, segmentId } = segment
  const many = Array.from({ length: 512 }, (_, at) => {
    const made = segmentId.slice()
    if (at > 0) made.set([at >> 8, at & 255])
    return { segmentId: made as typeof segmentId, index: 1 }
  })
  const say = async (name: string) => {
    const bytes = await claimOf(name, segment, 1, many)
    await tell(eve, rig.clock, ada.peer, { claims: [bytes] }).catch(() => undefined)
    return checkClaim(bytes, rig.clock.now()).holder
  }
  const told: PeerId[] = []
  for (let at = 0; at < 20; at++) told.push(await say(`made up ${at}`))
  const known = () => told.filter((holder) => ada.host.roll(groupId).find(holder) !== undefined)
  const before = known().length
  expect(before).toBeLessThan(14)
  for (const holder of known()) await ada.host.noteLook(groupId, holder, { found: 'right', segmentId, at: rig.clock.now() })
  for (let at = 0; at < 20; at++) told.push(await say(`later ${at}`))
  expect(known().length).toBe(2 * before)
})

test('[GRO3] rows about a segment are in the roll once a piece of it is kept', async () => {
  const { rig, ada, owner, segment } = await storedRig()
  const next = rig.ownAgain(rig.own('second part'), 'film')
  const both = [segment, next].map(({ segmentId }) => ({ segmentId, index: 1 }))
  await tell(owner, rig.clock, ada.peer, { claims: [await claimOf('bob', segment, 1, both)] })
  const roll = ada.host.roll(segment.groupId)
  expect([roll.keepersOf(segment.segmentId).length, roll.keepersOf(next.segmentId).length]).toEqual([2, 0])
  await rig.place(owner, ada.peer, next, 0)
  expect(new Set(roll.keepersOf(next.segmentId).map(({ index }) => index))).toEqual(new Set([0, 1]))
})

test('[DSK1] claims of versions that noted less are read, and rows of later versions are left alone', async () => {
  const { rig, ada, owner, segment } = await storedRig()
  const bob = await claimOf('bob', segment, 1)
  const carol = await claimOf('carol', segment, 1)
  await tell(owner, rig.clock, ada.peer, { claims: [bob, carol] })
  ada.host.close()
  const older = objectFormat('older', 30_000, { bytes: bytesUpTo(20_480) })
  const tables: readonly CatalogTable[] = ['claims', 'charters', 'descriptors']
  const deleted: string[] = []
  const catalog = (same: Catalog): Catalog => ({
    ...same,
    all: async (table) => {
      const records = await same.all(table)
      const claims = records.map(({ key, value }) => {
        if (key.endsWith(checkClaim(bob, rig.clock.now()).holder)) return { key, value: bob }
        return key.endsWith(checkClaim(carol, rig.clock.now()).holder) ? { key, value: older.encode({ bytes: carol }) } : { key, value }
      })
      const later = { key: `${'0'.repeat(64)}/later`, value: Uint8Array.of(2, 1, 2, 3) }
      return tables.includes(table) ? [...(table === 'claims' ? claims : records), later] : records
    },
    commit: async (changes) => {
      deleted.push(...changes.flatMap(({ key, value }) => (value === undefined ? [key] : [])))
      await same.commit(changes)
    },
  })
  const again = await rig.holder('ada', { files: ada.files, catalog })
  const roll = again.host.roll(segment.groupId)
  expect(roll.keepersOf(segment.segmentId).length).toBe(3)
  for (const bytes of [bob, carol]) {
    expect(roll.find(checkClaim(bytes, rig.clock.now()).holder)).toMatchObject({ seq: 1, takenAt: rig.clock.now() })
  }
  expect(deleted).toEqual([])
})
