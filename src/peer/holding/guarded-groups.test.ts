import { expect, test } from 'vitest'
import { createRig } from '../../sim/holder.rig.ts'

test('[RPR12] a piece is guarded while its group is served, lives, and does not retire it', async () => {
  const { holder, own, place, join } = createRig()
  const state = { isServed: true }
  const { host, peer } = await holder('bob', { isServable: () => state.isServed })
  const owner = join('owner')
  const [film, song] = [own('film'), own('song')]
  for (const segment of [film, song]) await place(owner, peer, segment, 1)
  const { guarded } = host
  const piece = { groupId: film.groupId, segmentId: film.segmentId, index: 1, owner: owner.self }
  expect(guarded.find(film.segmentId)).toMatchObject(piece)
  expect(guarded.piecesOf(film.groupId)).toMatchObject([piece])
  expect(await guarded.codeOf({ ...piece, length: 0, keptAt: 0 })).toEqual({ k: 2, m: 3, n: 4 })
  expect([await guarded.isStored(film.groupId), await guarded.isStored(own('other').groupId)]).toEqual([true, false])

  state.isServed = false
  expect([guarded.find(film.segmentId), guarded.piecesOf(film.groupId), guarded.isKept(film.segmentId)]).toEqual([undefined, [], true])
  state.isServed = true
  const retired = film.charter({ seq: 2_000, retired: [film.segmentId], root: null })
  await host.told(owner.self, { paper: { is: 'charter', bytes: retired }, claims: [] })
  expect([guarded.find(film.segmentId), guarded.isKept(film.segmentId)]).toEqual([undefined, false])
  await host.told(owner.self, { paper: { is: 'tombstone', bytes: song.tombstone(2_000) }, claims: [] })
  expect([guarded.find(song.segmentId), guarded.piecesOf(song.groupId), guarded.isKept(song.segmentId)]).toEqual([undefined, [], false])
})

test('[REP1] papers and claims of a guarded piece are those that its owner placed', async () => {
  const { holder, own, place, join } = createRig()
  const { host, peer } = await holder('bob')
  const segment = own('film')
  const claim = await place(join('owner'), peer, segment, 1)
  const piece = host.guarded.find(segment.segmentId)
  const papers = piece && (await host.guarded.papersOf(piece))
  expect([papers?.descriptorBytes, papers?.charter]).toEqual([segment.descriptor, segment.charter()])
  expect(await host.guarded.claim(segment.groupId, peer)).toEqual(claim)
})
