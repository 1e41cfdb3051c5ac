import { expect, test } from 'vitest'
import { createSeededRandom } from '../../adapters/memory/seeded-random.ts'
import { nextTurn } from '../../adapters/memory/turn.ts'
import { unknownConduct, type Conduct } from '../../core/healing/evidence.ts'
import type { PieceSeen } from '../../core/healing/repair-need.ts'
import type { PeerId } from '../../core/ids.ts'
import { defaultPolicy } from '../../core/policy.ts'
import { createRig } from '../../sim/holder.rig.ts'
import type { Finding } from '../checking/check-piece.ts'
import { blankPerson, type Person } from '../people/person.ts'
import { prepareRepair } from './prepare-repair.ts'
import type { RepairTools } from './repair-tools.ts'

/** A guardian of a segment of which `count` others keep pieces, all believed to be there; `near` of them are. */
async function desk(count: number, near: number) {
  const rig = createRig()
  const { clock } = rig
  const segment = rig.own('film')
  const self = rig.join('guardian')
  const rows: (PieceSeen<PeerId> & { standing: PieceSeen['standing'] })[] = []
  const personByPeer = new Map<PeerId, Person>()
  for (let index = 0; index < count; index++) {
    const { peer } = await rig.holder(`holder ${index}`)
    rows.push({ peer, index, standing: 'proven', isLost: false, lastSeenAt: 0 })
    personByPeer.set(peer, Object.assign(blankPerson(peer, undefined, clock.now), { seenAt: clock.now(), isNear: index < near }))
  }
  const [compared, checked]: [PeerId[], PeerId[]] = [[], []]
  const state = {
    answers: (_peer: PeerId): boolean => true,
    finding: 'right' as Finding,
    conduct: (_peer: PeerId): Conduct => unknownConduct,
  }
  const tools = {
    parts: { network: self, clock, policy: defaultPolicy, random: createSeededRandom('draws') },
    people: { known: (peer: PeerId) => personByPeer.get(peer), conduct: { of: (peer: PeerId) => state.conduct(peer) } },
    known: { of: () => rows },
    guarded: { roll: () => undefined },
    sync: {
      ask: async (peer: PeerId) => {
        compared.push(peer)
        return state.answers(peer)
      },
    },
    checking: {
      check: async (_groups: unknown, _roll: unknown, { peer }: { peer: PeerId }) => {
        checked.push(peer)
        return state.answers(peer) ? state.finding : 'away'
      },
    },
  } as unknown as RepairTools
  const piece = { groupId: segment.groupId, segmentId: segment.segmentId, index: 9, length: 1, keptAt: 0 }
  async function prepare() {
    let isOver = false
    const work = prepareRepair(tools, piece, new AbortController().signal).finally(() => (isOver = true))
    for (let turn = 0; !isOver; turn++) {
      await nextTurn()
      if (turn % 50 === 0) await clock.advance(500)
    }
    return work
  }
  return { rig, rows, state, compared, checked, prepare }
}

test('[RPR12] a guardian compares with three near co-holders, then checks every unproven piece of people who are there', async () => {
  const { rows, compared, checked, prepare } = await desk(12, 6)
  for (const row of rows.slice(0, 4)) row.standing = 'told'
  expect(await prepare()).toBe('ready')
  expect([compared.length, new Set(compared).size]).toEqual([3, 3])
  expect(compared.every((peer) => rows.findIndex((row) => row.peer === peer) < 6)).toBe(true)
  expect(checked.toSorted()).toEqual(
    rows
      .slice(0, 4)
      .map(({ peer }) => peer)
      .toSorted(),
  )
})

test('[RPR12] pieces that count no more, since they were told long ago, are checked too, but not with people who are there and do not serve', async () => {
  const { rows, state, checked, prepare } = await desk(6, 6)
  for (const row of rows.slice(0, 3)) row.standing = 'stale'
  const silent = rows[0]?.peer
  const errors = { errors: 3, firstErrorAt: 0, lastErrorAt: defaultPolicy.presence.lostAfterMs }
  state.conduct = (peer) => (peer === silent ? { ...unknownConduct, ...errors } : unknownConduct)
  expect(await prepare()).toBe('ready')
  expect(checked.toSorted()).toEqual(
    rows
      .slice(1, 3)
      .map(({ peer }) => peer)
      .toSorted(),
  )
})

test('[RPR8] a guardian that reaches two of twelve who are believed to be there blames itself, one that reaches most does not', async () => {
  for (const [away, verdict] of [
    [10, 'own fault'],
    [3, 'ready'],
  ] as const) {
    const { rig, rows, state, prepare } = await desk(12, 2)
    const gone = new Set(rows.slice(-away).map(({ peer }) => peer))
    for (const peer of gone) rig.swarm.kill(peer)
    state.answers = (peer) => !gone.has(peer)
    expect(await prepare()).toBe(verdict)
  }
})

test('[RPR8] silence counts for nobody who is there, and every answer but an error does', async () => {
  for (const [finding, verdict] of [
    ['error', 'own fault'],
    ['away', 'own fault'],
    ['own fault', 'own fault'],
    ['unserved', 'ready'],
    ['unknown', 'ready'],
    ['wrong', 'ready'],
  ] as const) {
    const { rows, state, prepare } = await desk(5, 0)
    for (const row of rows) row.standing = 'told'
    state.finding = finding
    expect([finding, await prepare()]).toEqual([finding, verdict])
  }
})
