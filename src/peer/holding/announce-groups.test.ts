import { expect, test } from 'vitest'
import { createVirtualClock } from '../../adapters/memory/virtual-clock.ts'
import { createDeviceSigner } from '../../adapters/storage/device-signer.ts'
import { hex } from '../../core/bytes.ts'
import type { Paper } from '../../core/charter.ts'
import { brandBytes, type GroupId, type GroupKey, type PeerId } from '../../core/ids.ts'
import { defaultPolicy } from '../../core/policy.ts'
import { createRolls } from '../roll/rolls.ts'
import { createAnnouncing } from './announce-groups.ts'

const [HOUR, DAY] = [3_600_000, 86_400_000]
const signerOf = (seed: number) => createDeviceSigner(new Uint8Array(32).fill(seed))
const groupOf = (at: number) => brandBytes<GroupId>(new Uint8Array(32).fill(at))

test('[ANN1] a group whose charter names no id is looked at once a day, and announced when its charter is old or another one comes', async () => {
  const desk = openDesk()
  desk.keep(1)
  desk.run()
  await desk.clock.advance(5 * DAY)
  expect([desk.announced(), desk.papers() <= 6]).toEqual([[], true])
  desk.keep(1, { announce: new Uint8Array(32).fill(9) })
  desk.announcing.soon(groupOf(1))
  await desk.clock.advance(HOUR)
  expect(desk.announced()).toEqual([hex(new Uint8Array(32).fill(9))])
  desk.keep(2)
  desk.announcing.soon(groupOf(2))
  await desk.clock.advance(31 * DAY)
  expect(desk.announced().filter((id) => id === hex(groupOf(2))).length).toBe(2)
})

test('[ANN2] a group is announced again every 20 hours, and its charter is not read meanwhile', async () => {
  const desk = openDesk()
  desk.keep(1, { announce: new Uint8Array(32).fill(9) })
  desk.run()
  await desk.clock.advance(19 * HOUR)
  expect([desk.announced().length, desk.papers()]).toEqual([1, 1])
  await desk.clock.advance(2 * HOUR)
  expect([desk.announced().length, desk.papers()]).toEqual([2, 2])
})

test('[ANN2] a group that is left to others is not ranked again before its holders have changed, or one of those to whom it is left has gone', async () => {
  const desk = openDesk()
  desk.keep(1, { announce: new Uint8Array(32).fill(9) })
  const others = Array.from({ length: 40 }, (_, at) => signerOf(at + 2).peerId)
  for (const holder of others) desk.roll(1).put({ holder, seq: 1, takenAt: 0, rows: [] })
  desk.comeNear(others)
  desk.run()
  await desk.clock.advance(12 * HOUR)
  expect([desk.announced(), desk.papers()]).toEqual([[], 1])
  for (const at of [50, 51, 52]) {
    desk.comeNear([...others, signerOf(at).peerId])
    await desk.clock.advance(HOUR)
  }
  expect([desk.announced(), desk.papers()]).toEqual([[], 1])
  desk.roll(1).drop(others[0] as PeerId)
  await desk.clock.advance(HOUR)
  expect([desk.announced(), desk.papers()]).toEqual([[], 2])
  desk.comeNear([])
  await desk.clock.advance(HOUR)
  expect(desk.announced().length).toBe(1)
})

/** The announcing of a holder whose groups, claims and neighbours the test decides. */
function openDesk() {
  const clock = createVirtualClock()
  const signer = signerOf(1)
  const rolls = createRolls()
  const paperByGroup = new Map<string, Paper>()
  const announced: string[] = []
  let papers = 0
  let near: readonly PeerId[] = []
  const state = {
    clock,
    signer,
    groups: {
      paper: async (groupId: GroupId) => {
        papers++
        return paperByGroup.get(hex(groupId))
      },
    },
    claims: { roll: rolls.of, holders: (groupId: GroupId) => rolls.of(groupId).holders() },
    keptShards: { all: () => [...paperByGroup.values()].map(({ groupId }) => ({ groupId })), version: () => paperByGroup.size },
  }
  const network = { state: () => ({ connections: near.map((peer) => ({ peer, isDirect: true, isRelay: false, address: '' })) }) }
  const directory = { announce: async (id: Uint8Array) => void announced.push(hex(id)) }
  const announcing = createAnnouncing(state as never, { directory, network, policy: defaultPolicy } as never)
  const life = new AbortController()
  return {
    clock,
    announcing,
    run: () => void announcing.run(life.signal).catch(() => undefined),
    announced: () => announced,
    papers: () => papers,
    roll: (at: number) => rolls.of(groupOf(at)),
    comeNear: (peers: readonly PeerId[]) => (near = peers),
    keep(at: number, fields: { readonly announce?: Uint8Array<ArrayBuffer> } = {}) {
      const [groupId, groupKey, seq] = [groupOf(at), brandBytes<GroupKey>(new Uint8Array(32)), clock.now()]
      const charter = { groupKey, seq, until: clock.now() + 300 * DAY, grace: 0, root: null, retired: [], ...fields }
      paperByGroup.set(hex(groupId), { is: 'charter', groupKey, groupId, seq, bytes: new Uint8Array(), charter })
    },
  }
}
