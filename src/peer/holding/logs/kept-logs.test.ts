import { expect, test } from 'vitest'
import { createSeededRandom } from '../../../adapters/memory/seeded-random.ts'
import { equalBytes, type Bytes } from '../../../core/bytes.ts'
import { brandBytes, type GroupSeed } from '../../../core/ids.ts'
import type { Slot } from '../../../core/vault/entry-id.ts'
import type { Frontier } from '../../../core/vault/frontier.ts'
import { encodeLogEntry } from '../../../core/vault/log-entry.ts'
import { getLog, putLog } from '../../../protocol/log/ask-log.ts'
import { createRig, outcome } from '../../../sim/holder.rig.ts'

const seedOf = (name: string): GroupSeed => brandBytes<GroupSeed>(createSeededRandom(`group ${name}`).bytes(32))
const slot = (number: number): Slot => String.fromCharCode(number).repeat(16) as Slot

function entry(name: string, at: Slot, seq: number, bytes = 100, floors?: Frontier): Bytes {
  const random = createSeededRandom(`${name} ${at} ${seq} ${bytes}`)
  return encodeLogEntry({ slot: at, seq, r: random.bytes(32), sealed: random.bytes(bytes), ...(floors && { floors }) }, seedOf(name))
}

/** A holder that keeps a shard of `film`, and somebody who asks it. */
async function placed() {
  const rig = createRig()
  const owner = rig.join('owner')
  const ada = await rig.holder('ada')
  const segment = rig.own('film')
  await rig.place(owner, ada.peer, segment, 1)
  const reader = rig.join('reader')
  const put = (entries: readonly Bytes[], groupId = segment.groupId) => outcome(putLog(owner, rig.clock, ada.peer, groupId, entries))
  const get = (have: Frontier = new Map()) => getLog(reader, rig.clock, ada.peer, segment.groupId, [...have])
  return { rig, ada, segment, put, get, reader }
}

const areSame = (a: readonly Bytes[], b: readonly Bytes[]): boolean =>
  a.length === b.length && a.every((bytes, at) => equalBytes(bytes, b[at] ?? new Uint8Array()))

test('[LOG1] [LOG2] what was put is given back in pages, both sides of a fork, without what the asker has', async () => {
  const { put, get } = await placed()
  const entries = Array.from({ length: 60 }, (_, seq) => entry('film', slot(1), seq, 3900))
  const fork = entry('film', slot(1), 59, 17)
  expect(await put([...entries, fork])).toBe('done')
  const all = await get()
  expect(all.length).toBe(61)
  expect(areSame(all.slice(0, 59), entries.slice(0, 59))).toBe(true)
  expect((await get(new Map([[slot(1), 57]]))).length).toBe(3)
  expect(await put(entries)).toBe('done')
  expect((await get()).length).toBe(61)
})

test('[LOG3] a log over a restart is the same one', async () => {
  const { rig, ada, segment, put, reader } = await placed()
  const entries = [0, 1, 2].map((seq) => entry('film', slot(1), seq))
  await put([...entries, entry('film', slot(2), 0, 50, new Map([[slot(1), 0]]))])
  const used = ada.host.facts().paperBytes
  const again = await rig.holder('ada', { files: ada.files })
  const all = await getLog(reader, rig.clock, again.peer, segment.groupId, [])
  expect(areSame(all.slice(0, 2), entries.slice(1))).toBe(true)
  expect(all.length).toBe(3)
  expect(again.host.facts().paperBytes).toBe(used)
})

test('[LOG3] what floors cover is dropped and refused from then on, and a full log says FULL', async () => {
  const { put, get, ada } = await placed()
  const before = ada.host.facts().paperBytes
  expect(await put(Array.from({ length: 80 }, (_, seq) => entry('film', slot(1), seq, 3900)))).toBe('FULL')
  const count = (await get()).length
  expect(count).toBe(65)
  expect(ada.host.facts().paperBytes - before).toBeGreaterThan(250_000)
  expect(await put([entry('film', slot(2), 0, 50, new Map([[slot(1), 64]]))])).toBe('done')
  expect((await get()).length).toBe(1)
  expect(await put([entry('film', slot(1), 3, 3900)])).toBe('done')
  expect((await get()).length).toBe(1)
  for (let at = 3; at < 18; at++) await put([entry('film', slot(at), 0)])
  expect((await get()).length).toBe(16)
  expect(await put([entry('film', slot(40), 0)])).toBe('FULL')
})

test('[LOG1] forged, foreign and damaged entries are not kept, and groups of which nothing is here are UNKNOWN', async () => {
  const { put, get, rig, segment, ada } = await placed()
  expect(await put([entry('film', slot(1), 0), entry('other', slot(1), 1)])).toBe('BAD-SIGNATURE')
  expect((await get()).length).toBe(1)
  expect(await put([entry('other', slot(1), 0)], rig.own('other').groupId)).toBe('UNKNOWN')
  const good = entry('film', slot(1), 1)
  for (let at = 0; at < good.length; at++) {
    const forged = new Uint8Array(good)
    forged[at] = (forged[at] ?? 0) ^ 1
    expect(['BAD-SIGNATURE', 'BAD-REQUEST', 'RATE']).toContain(
      await outcome(putLog(rig.join(`liar ${at}`), rig.clock, ada.peer, segment.groupId, [forged])),
    )
  }
  expect((await get()).length).toBe(1)
})
