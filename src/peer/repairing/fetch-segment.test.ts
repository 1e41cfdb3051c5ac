import { expect, test } from 'vitest'
import { createCoding } from '../../adapters/coding/create-coding.ts'
import { createMemoryFiles } from '../../adapters/memory/memory-files.ts'
import { openMemoryStorage } from '../../adapters/memory/memory-storage.ts'
import { createSeededRandom } from '../../adapters/memory/seeded-random.ts'
import { nextTurn } from '../../adapters/memory/turn.ts'
import { decodeDescriptor } from '../../core/descriptor.ts'
import { encodeRows } from '../../core/erasure.ts'
import type { PieceSeen } from '../../core/healing/repair-need.ts'
import { brandBytes, type PeerId, type ShardId } from '../../core/ids.ts'
import { defaultPolicy } from '../../core/policy.ts'
import { stripeCount, stripeSpan } from '../../core/segment.ts'
import type { Outbox } from '../../ports/outbox.ts'
import { createBucket } from '../../protocol/pace/bucket.ts'
import { createRig } from '../../sim/holder.rig.ts'
import { createStripeReader } from '../fetching/read-stripes.ts'
import { createLines } from '../people/lines.ts'
import { blankPerson, type Person } from '../people/person.ts'
import { bytesToFetch, fetchSegment } from './fetch-segment.ts'
import type { RepairTools } from './repair-tools.ts'
import { openScratch } from './scratch.ts'

const [k, n, sealedLength] = [3, 6, 3_000_000]
const shardBytes = Math.ceil(sealedLength / k)

/** A guardian of piece 0 among holders of the pieces 1 to 4. */
async function desk() {
  const rig = createRig()
  const { clock } = rig
  const segment = rig.own('film', { k, n, sealedLength })
  const owner = rig.join('owner')
  const self = await rig.holder('guardian')
  await rig.place(owner, self.peer, segment, 0)
  const rows: PieceSeen<PeerId>[] = [row(self.peer, 0)]
  const personByPeer = new Map<PeerId, Person>()
  for (let index = 1; index < 5; index++) {
    const { peer } = await rig.holder(`holder ${index}`)
    await rig.place(owner, peer, segment, index)
    rows.push(row(peer, index))
    personByPeer.set(peer, Object.assign(blankPerson(peer, undefined, clock.now), { isNear: true, latencyMs: 1 }))
  }
  const { outbox } = await openMemoryStorage({ files: createMemoryFiles(), random: createSeededRandom('scratch') })
  const known = { of: () => rows }
  const proven: PeerId[] = []
  const people = {
    known: (peer: PeerId) => personByPeer.get(peer),
    of: (peer: PeerId) => personByPeer.get(peer) ?? blankPerson(peer, undefined, clock.now),
    isHere: (peer: PeerId) => personByPeer.has(peer),
    noteLie: () => undefined,
    conduct: { noteProven: (peer: PeerId) => void proven.push(peer) },
  }
  const count = { placed: 0, fetchedBytes: 0, sentBytes: 0 }

  async function open(box: Outbox = outbox) {
    const life = new AbortController()
    const parts = {
      network: self.network,
      clock,
      coder: createCoding(crypto.subtle),
      policy: defaultPolicy,
      outbox: box,
      storageKey: new Uint8Array(32),
    }
    const lines = createLines(parts, people, life.signal)
    const counting = {
      ...lines,
      to: async (peer: PeerId) => {
        const line = await lines.to(peer)
        return {
          ...line,
          read: (...[wanted, onBytes]: Parameters<typeof line.read>) =>
            line.read(wanted, (bytes) => {
              count.fetchedBytes += bytes
              onBytes?.(bytes)
            }),
        }
      },
    }
    const tools = {
      parts,
      people,
      known,
      guarded: self.host.guarded,
      holder: self.host,
      checked: { noteLook: async () => undefined },
      scratch: await openScratch(parts),
      stripes: createStripeReader({ parts, people, lines: counting, failed: new Map() }, life.signal),
      budget: createBucket(clock),
    } as unknown as RepairTools
    return { tools, life }
  }
  const piece = self.host.guarded.find(segment.segmentId)
  if (!piece) throw new Error('the guardian keeps its piece')
  /** Moves the clock on while `work` is under way. */
  async function run<T>(work: Promise<T>): Promise<T> {
    let isOver = false
    const over = (): void => void (isOver = true)
    work.then(over, over)
    for (let turn = 0; !isOver; turn++) {
      await nextTurn()
      if (turn % 20 === 0) await clock.advance(10)
    }
    return work
  }
  return { rig, segment, descriptor: decodeDescriptor(segment.descriptor), piece, rows, count, proven, outbox, open, run, clock }
}

function row(peer: PeerId, index: number): PieceSeen<PeerId> {
  return { peer, index, standing: 'proven', isLost: false, lastSeenAt: 0 }
}

test('[RPR12] k - 1 slices of each stripe come from others, the own one from the own disk, and all shards follow from them', async () => {
  const { descriptor, piece, segment, count, proven, open, run } = await desk()
  const { tools } = await open()
  expect(bytesToFetch(tools, piece, descriptor)).toBeCloseTo((k - 1) * shardBytes, -2)
  expect(await run(fetchSegment(tools, piece, descriptor, new AbortController().signal))).toBe('whole')
  expect(count.fetchedBytes / ((k - 1) * shardBytes)).toBeGreaterThan(0.99)
  expect(count.fetchedBytes / ((k - 1) * shardBytes)).toBeLessThan(1.1)
  expect(proven.length).toBeGreaterThanOrEqual(k - 1)
  const span = stripeSpan(sealedLength, k, stripeCount(sealedLength, k) - 1)
  const sealed = await tools.scratch.read(piece.segmentId, span.offset, span.length)
  const slice = encodeRows({ k, t: descriptor.shardIds.length }, sealed, [5])
  expect(slice).toEqual(segment.shards[5]?.slice(-span.sliceBytes))
})

test('[RPR12] what is fetched keeps to the budget', async () => {
  const { descriptor, piece, open, run, clock } = await desk()
  const { tools } = await open()
  tools.budget.setRate(100_000)
  const began = clock.ran()
  expect(await run(fetchSegment(tools, piece, descriptor, new AbortController().signal))).toBe('whole')
  // One stripe is on its way while the next one waits for the budget.
  expect(clock.ran() - began).toBeGreaterThan(((k - 1) * (shardBytes - 2 * 262_144)) / 100)
})

test('[RPR13] a page that is closed in the middle leaves what it had fetched to the next one', async () => {
  const { descriptor, piece, count, outbox, open, run } = await desk()
  const closed = new AbortController()
  let writes = 0
  const first = await open({
    ...outbox,
    async write(...args) {
      if (++writes > 2) closed.abort(new Error('the page was closed'))
      closed.signal.throwIfAborted()
      return outbox.write(...args)
    },
  })
  await expect(run(fetchSegment(first.tools, piece, descriptor, closed.signal))).rejects.toThrow('closed')
  first.life.abort(new Error('the page was closed'))
  const had = (await open()).tools.scratch.lengthOf(piece.segmentId)
  expect(had).toBe(2 * k * 262_144)
  const before = count.fetchedBytes
  const { tools } = await open()
  expect(await run(fetchSegment(tools, piece, descriptor, new AbortController().signal))).toBe('whole')
  const left = (sealedLength - had) / sealedLength
  expect((count.fetchedBytes - before) / ((k - 1) * shardBytes)).toBeLessThan(left * 1.15)
  expect(await run(fetchSegment(tools, piece, descriptor, new AbortController().signal))).toBe('whole')
})

test('[RPR14] scratch that a disk has spoilt proves nothing against a segment: it is fetched anew', async () => {
  const { descriptor, piece, outbox, open, run } = await desk()
  const { tools } = await open()
  await run(fetchSegment(tools, piece, descriptor, new AbortController().signal))
  const [spool] = await outbox.list()
  await outbox.write(spool?.name ?? '', 1_000, new Uint8Array(16))
  expect(await run(fetchSegment(tools, piece, descriptor, new AbortController().signal))).toBe('whole')
})

test('[RPR14] a disk that once reads back other bytes than were written to it proves nothing against a segment', async () => {
  const { descriptor, piece, outbox, open, run } = await desk()
  let reads = 0
  const { tools } = await open({
    ...outbox,
    async read(...args) {
      const bytes = await outbox.read(...args)
      return ++reads === 2 ? bytes.map((byte, at) => (at === 100 ? byte ^ 1 : byte)) : bytes
    },
  })
  expect(await run(fetchSegment(tools, piece, descriptor, new AbortController().signal))).toBe('whole')
})

test('[RPR14] a descriptor that names other shards is found out before anything is sent', async () => {
  const { descriptor, piece, open, run } = await desk()
  const { tools } = await open()
  const shardIds = descriptor.shardIds.map((id, index) => (index < n ? id : brandBytes<ShardId>(new Uint8Array(32).fill(index))))
  expect(await run(fetchSegment(tools, piece, { ...descriptor, shardIds }, new AbortController().signal))).toBe('false')
  expect(tools.scratch.lengthOf(piece.segmentId)).toBe(0)
})

test('[RPR6] where fewer than k pieces are there for claimMs, the try ends and what came stays', async () => {
  const { descriptor, piece, rows, open, clock } = await desk()
  const { tools } = await open()
  rows.splice(2)
  const work = fetchSegment(tools, piece, descriptor, new AbortController().signal)
  const outcome = work.then(
    () => 'done',
    (error: unknown) => (error instanceof Error ? error.message.split(' ')[0] : error),
  )
  // A busy machine takes its time for what runs beside the clock.
  let isOver = false
  void outcome.then(() => (isOver = true))
  while (!isOver) {
    for (let turn = 0; turn < 20; turn++) await nextTurn()
    await clock.advance(60_000)
  }
  expect(await outcome).toBe('too-few-shards')
})
