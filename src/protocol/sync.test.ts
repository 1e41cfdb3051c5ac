import { describe, expect, it } from 'vitest'
import { createMemoryNetwork } from '../adapters/memory/memory-network.ts'
import { createVirtualClock } from '../adapters/memory/virtual-clock.ts'
import { createDeviceSigner } from '../adapters/storage/device-signer.ts'
import { MAX_BEACON_BYTES } from '../core/beacon.ts'
import { codeThrownBy } from '../core/vectors/hostile-bytes.rig.ts'
import { brandBytes, type GroupId, type PeerId, type SegmentId } from '../core/ids.ts'
import { askWho, type GroupHost, groupAnswers, groupRequests, handleGroup } from './group.ts'
import { CONTROL_BYTES, MAX_BEACONS, MAX_COMPARED, MAX_SUMS, MAX_WANTED } from './limits.ts'
import { refused } from './refusal.ts'
import { askToCompare, askToSum, exchangeBeacons, sayRepairing } from './sync.ts'
import type { Compared, ComparedRow, RepairSaid, SyncHost } from './sync-messages.ts'

const groupId = brandBytes<GroupId>(new Uint8Array(32).fill(0x33))
const segmentId = brandBytes<SegmentId>(new Uint8Array(32).fill(0x22))
const [digest, other] = [new Uint8Array(8), new Uint8Array(8).fill(1)]
const row: ComparedRow = { groupId, paper: digest, holders: digest }
const people = Array.from({ length: MAX_WANTED + 1 }, (_, at) => createDeviceSigner(new Uint8Array(32).fill(at, at % 32)).peerId)

/** Returns a peer that asks, and a holder that answers by `host` beside WHO and TELL. */
function joined(host: Partial<SyncHost>) {
  const net = createMemoryNetwork()
  const clock = createVirtualClock()
  const [asker, holder] = [2, 3].map((seed) => net.join(createDeviceSigner(new Uint8Array(32).fill(seed)).peerId).network)
  if (!asker || !holder) throw new Error('two peers')
  const all: GroupHost = { who: async () => ({ claims: [] }), told: async () => undefined, ...host }
  handleGroup(holder, clock, all)
  return { asker, clock, peer: holder.self }
}

describe('news between peers', () => {
  it('[SYN1] a peer that does not speak a kind drops the stream, which is an outcome of its own, and answers WHO as before', async () => {
    const { asker, clock, peer } = joined({})
    expect(await askToCompare(asker, clock, peer, [row])).toBe('not spoken')
    expect(await exchangeBeacons(asker, clock, peer, { beacons: [] })).toBe('not spoken')
    expect(await sayRepairing(asker, clock, peer, { segmentId, course: { is: 'done' } })).toBe('not spoken')
    expect(await askToSum(asker, clock, peer, [digest])).toBe('not spoken')
    expect((await askWho(asker, clock, peer, groupId)).claims).toEqual([])
  })

  it('[SYN2] 1,024 groups are compared in one message, whose answer names those that differ and those unknown', async () => {
    const heard: number[] = []
    const { asker, clock, peer } = joined({
      compare: async (_peer, rows) => {
        heard.push(rows.length)
        return { differing: [{ place: 5, paper: other, holders: digest }], unknown: [0, 1023] }
      },
    })
    const compared = await askToCompare(asker, clock, peer, Array<ComparedRow>(MAX_COMPARED).fill(row))
    expect(heard).toEqual([MAX_COMPARED])
    expect(compared).toEqual({ differing: [{ place: 5, paper: other, holders: digest }], unknown: [0, 1023] })
    expect(codeThrownBy(() => groupRequests.encode({ is: 'compare', rows: Array<ComparedRow>(MAX_COMPARED + 1).fill(row) }))).toBe(
      'format-invalid',
    )
  })

  it.each<readonly [string, Compared]>([
    ['a row that was not sent', { differing: [{ place: 1, paper: other, holders: other }], unknown: [] }],
    ['an unknown group that was not sent', { differing: [], unknown: [1] }],
    ['a row that differs and is unknown', { differing: [{ place: 0, paper: other, holders: other }], unknown: [0] }],
  ])('[SYN2] an answer about %s is out of turn', async (_name, answer) => {
    const { asker, clock, peer } = joined({ compare: async () => answer })
    await expect(askToCompare(asker, clock, peer, [row])).rejects.toMatchObject({ code: 'wire-malformed' })
  })

  it('[SYN2] an answer with one place twice is no message', () => {
    expect(codeThrownBy(() => groupAnswers.encode({ is: 'compared', differing: [], unknown: [3, 3] }))).toBe('format-invalid')
  })

  it('[SYN3] a peer that compares too much hears RATE', async () => {
    const { asker, clock, peer } = joined({
      compare: async () => {
        throw refused('RATE')
      },
    })
    await expect(askToCompare(asker, clock, peer, [row])).rejects.toMatchObject({ code: 'holder-refused', facts: { refusal: 'RATE' } })
  })

  it('[SYN8] 256 sums go in one message, whose answer has those that differ', async () => {
    const { asker, clock, peer } = joined({ sums: async (_peer, sums) => [{ place: sums.length - 1, sum: other }] })
    const sums = Array.from({ length: MAX_SUMS }, () => digest)
    expect(await askToSum(asker, clock, peer, sums)).toEqual([{ place: MAX_SUMS - 1, sum: other }])
  })

  it.each([0, 3, 2 * MAX_SUMS])('[SYN8] %i sums are no message', (count) => {
    const sums = Array.from({ length: count }, () => digest)
    expect(codeThrownBy(() => groupRequests.encode({ is: 'sums', sums }))).toBe('format-invalid')
  })

  it('[SYN8] an answer about a sum that was not sent, or with one place twice, is out of turn or no message', async () => {
    const { asker, clock, peer } = joined({ sums: async () => [{ place: 1, sum: other }] })
    await expect(askToSum(asker, clock, peer, [digest])).rejects.toMatchObject({ code: 'wire-malformed' })
    const twice = [0, 0].map((place) => ({ place, sum: other }))
    expect(codeThrownBy(() => groupAnswers.encode({ is: 'summed', differing: twice }))).toBe('format-invalid')
  })

  it('[SYN4] 256 wanted people and 192 of the longest beacons fit one message, either way', async () => {
    const said = { wanted: people.slice(0, MAX_WANTED), beacons: Array(MAX_BEACONS).fill(new Uint8Array(MAX_BEACON_BYTES)) }
    expect(groupRequests.encode({ is: 'beacons', ...said }).length).toBeLessThan(CONTROL_BYTES)
    const { asker, clock, peer } = joined({ beacons: async (_peer, { wanted, beacons }) => ({ ...(wanted && { wanted }), beacons }) })
    expect(await exchangeBeacons(asker, clock, peer, said)).toEqual(said)
    expect(await exchangeBeacons(asker, clock, peer, { beacons: [] })).toEqual({ beacons: [] })
    expect(codeThrownBy(() => groupRequests.encode({ is: 'beacons', wanted: people, beacons: [] }))).toBe('format-invalid')
  })

  it('[SYN5] the word about a repair arrives with the peer that says it', async () => {
    const heard: (readonly [PeerId, RepairSaid['course']])[] = []
    const { asker, clock, peer } = joined({ repairing: async (from, { course }) => void heard.push([from, course]) })
    const courses: readonly RepairSaid['course'][] = [{ is: 'under way', until: 1000 }, { is: 'done' }, { is: 'given up' }]
    for (const course of courses) expect(await sayRepairing(asker, clock, peer, { segmentId, course })).toBe('noted')
    expect(heard).toEqual(courses.map((course) => [asker.self, course]))
  })
})
