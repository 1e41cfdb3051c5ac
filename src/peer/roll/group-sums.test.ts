import { describe, expect, test } from 'vitest'
import { createVirtualClock } from '../../adapters/memory/virtual-clock.ts'
import { createMemoryNetwork } from '../../adapters/memory/memory-network.ts'
import { createDeviceSigner } from '../../adapters/storage/device-signer.ts'
import { brandBytes, type GroupId, type PeerId } from '../../core/ids.ts'
import { labelledHash } from '../../core/labels.ts'
import { groupRequests, handleGroup } from '../../protocol/group.ts'
import { refused } from '../../protocol/refusal.ts'
import { COMPARED_AT_ONCE, MAX_COMPARED, ROWS_OF_SUMS } from '../../protocol/limits.ts'
import { outcome } from '../../sim/holder.rig.ts'
import type { Channel, Network } from '../../ports/network.ts'
import { createCompareAnswers } from './compare-answers.ts'
import { groupsWithoutPapers } from './compared-groups.rig.ts'
import type { ComparedGroups } from './compared-groups.ts'
import { createNewsExchange } from './exchange-news.ts'
import { sumsFor } from './group-sums.ts'
import { createKnownDigests } from './known-digests.ts'
import { createRolls } from './rolls.ts'

const GROUPS = 1_000
const groupOf = (at: number) => brandBytes<GroupId>(labelledHash('test-group', Uint8Array.of(at >> 8, at & 255)))
const signal = new AbortController().signal

describe('sums over groups', () => {
  test('[SYN8] 1,000 groups that both sides know alike are compared in less than a kilobyte, and no digest is computed twice', async () => {
    const desk = openDesk()
    for (let turn = 0; turn < 3; turn++) expect((await desk.compare()).settled.length).toBe(GROUPS)
    expect([desk.sent() < 3 * 1_000, desk.papers()]).toEqual([true, 2 * GROUPS])
  })

  test('[SYN8] a group that differs is found, and only the rows beside it are sent', async () => {
    const desk = openDesk()
    desk.here.rolls.of(groupOf(7)).put({ holder: desk.there.self, seq: 9, takenAt: 0, rows: [] })
    await desk.compare()
    expect(desk.asked()).toEqual([groupOf(7)])
    expect(desk.rows()).toBeLessThan(4 * (GROUPS / sumsFor(GROUPS)))
  })

  test('[SYN8] a difference that an exchange left is not looked into again until one side changes', async () => {
    const desk = openDesk()
    desk.here.rolls.of(groupOf(7)).put({ holder: desk.there.self, seq: 9, takenAt: 0, rows: [] })
    await desk.compare()
    const rows = desk.rows()
    await desk.compare()
    expect([desk.rows(), desk.asked().length]).toEqual([rows, 1])
    desk.there.rolls.of(groupOf(7)).put({ holder: desk.here.self, seq: 9, takenAt: 0, rows: [] })
    await desk.compare()
    expect([desk.rows() > rows, desk.asked().length]).toEqual([true, 2])
  })

  test('[SYN1, SYN8] a peer that does not speak of sums is compared with by rows, and not asked for sums again that day', async () => {
    const desk = openDesk({ answers: 'rows alone' })
    expect((await desk.compare()).settled.length).toBe(GROUPS)
    await desk.compare()
    expect([desk.rows(), desk.kinds().filter((kind) => kind === 'sums').length]).toEqual([2 * GROUPS, 1])
    await desk.clock.advance(86_400_000)
    await desk.compare()
    expect(desk.kinds().filter((kind) => kind === 'sums').length).toBe(2)
  })

  test('[SYN6, SYN8] groups of which a device does not speak count in no sum of it', async () => {
    const desk = openDesk({ speaksFor: (groupId) => groupId[0] !== groupOf(0)[0] })
    const { settled, unknown } = await desk.compare()
    const silent = Array.from({ length: GROUPS }, (_, at) => groupOf(at)).filter((groupId) => groupId[0] === groupOf(0)[0])
    expect([unknown.length, settled.length]).toEqual([silent.length, GROUPS - silent.length])
  })

  test('[SYN3, SYN7] what was compared before a peer said RATE counts', async () => {
    const desk = openDesk({ mostRows: MAX_COMPARED })
    const groupIds = [...desk.here.rolls.groups(), ...desk.here.rolls.groups()]
    const outcome = await desk.compareAbout(groupIds)
    expect(outcome).toEqual({ settled: groupIds.slice(0, MAX_COMPARED), unknown: [], isCutShort: true })
  })

  test('[SYN3] a peer that asks for sums without end hears RATE before anything is looked at', async () => {
    const { there, here, papers } = openDesk()
    for (let asked = 0; asked < COMPARED_AT_ONCE; asked += ROWS_OF_SUMS) await there.answers.sums(here.self, [new Uint8Array(8)])
    const before = papers()
    expect([await outcome(there.answers.sums(here.self, [new Uint8Array(8)])), papers() - before]).toEqual(['RATE', 0])
  })
})

/** Two peers that keep the same 1,000 groups and know alike of them; `here` compares with `there`. */
function openDesk({
  answers = 'all',
  speaksFor = () => true,
  mostRows = Infinity,
}: { readonly answers?: 'all' | 'rows alone'; readonly speaksFor?: (groupId: GroupId) => boolean; readonly mostRows?: number } = {}) {
  const clock = createVirtualClock()
  const net = createMemoryNetwork()
  const [near, far] = [1, 2].map((seed) => net.join(createDeviceSigner(new Uint8Array(32).fill(seed)).peerId).network)
  if (!near || !far) throw new Error('two peers')
  const count = { papers: 0, sent: 0, rows: 0 }
  const asked: GroupId[] = []
  const kinds: string[] = []
  const side = (self: PeerId) => {
    const rolls = createRolls()
    const groups: ComparedGroups = { ...groupsWithoutPapers(rolls, () => void count.papers++), isKnown: () => true }
    for (let at = 0; at < GROUPS; at++) {
      for (const holder of [near.self, far.self]) rolls.of(groupOf(at)).put({ holder, seq: 1, takenAt: 0, rows: [] })
    }
    const digests = createKnownDigests(() => groups)
    return { self, rolls, groups, digests, answers: createCompareAnswers(groups, clock, digests, speaksFor) }
  }
  const [here, there] = [side(near.self), side(far.self)]
  const { compare, sums } = there.answers
  handleGroup(far, clock, {
    who: async (groupId) => {
      asked.push(groupId)
      return { claims: [] }
    },
    told: async () => undefined,
    compare: async (peer, rows) => {
      count.rows += rows.length
      if (count.rows > mostRows) throw refused('RATE')
      return compare(peer, rows)
    },
    ...(answers === 'all' && { sums }),
  })
  const watched: Network = { ...near, open: async (...args) => overheard(await near.open(...args)) }
  const overheard = (channel: Channel): Channel => ({
    ...channel,
    write(bytes) {
      count.sent += bytes.length
      const kind = kindOf(bytes)
      if (kind !== undefined) kinds.push(kind)
      return channel.write(bytes)
    },
  })
  const known = () => ({ isNear: true, hops: [] }) as never
  const exchange = createNewsExchange({ network: watched, clock }, { known }, here.groups, here.digests, () => true)
  return {
    clock,
    here,
    there,
    async compare() {
      const outcome = await exchange.withAll(there.self, here.rolls.groups(), signal)
      if (outcome === 'not spoken') throw new Error('COMPARE is spoken')
      return outcome
    },
    compareAbout: (groupIds: readonly GroupId[]) => exchange.with(there.self, groupIds, signal),
    sent: () => count.sent,
    rows: () => count.rows,
    papers: () => count.papers,
    asked: () => asked,
    kinds: () => kinds,
  }
}

/** Returns the kind of a request that is written in one piece behind its head. */
function kindOf(bytes: Uint8Array): string | undefined {
  for (let at = 0; at < 8; at++) {
    try {
      return groupRequests.decode(bytes.subarray(at)).is
    } catch {
      continue
    }
  }
  return undefined
}
