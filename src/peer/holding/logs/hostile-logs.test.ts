import { expect, test } from 'vitest'
import { createSeededRandom } from '../../../adapters/memory/seeded-random.ts'
import { concatBytes, type Bytes } from '../../../core/bytes.ts'
import { brandBytes, type GroupSeed } from '../../../core/ids.ts'
import type { Slot } from '../../../core/vault/entry-id.ts'
import type { Frontier } from '../../../core/vault/frontier.ts'
import { encodeLogEntry, MAX_LOG_ENTRY_BYTES } from '../../../core/vault/log-entry.ts'
import { getLog } from '../../../protocol/log/ask-log.ts'
import { createRig, outcome } from '../../../sim/holder.rig.ts'

const CASES = 10_000
const seedOf = (name: string): GroupSeed => brandBytes<GroupSeed>(createSeededRandom(`group ${name}`).bytes(32))
const slot = (number: number): Slot => String.fromCharCode(number).repeat(16) as Slot

function entry(name: string, at: Slot, seq: number, bytes: number, floors?: Frontier): Bytes {
  const random = createSeededRandom(`${name} ${at} ${seq} ${bytes}`)
  return encodeLogEntry({ slot: at, seq, r: random.bytes(32), sealed: random.bytes(bytes), ...(floors && { floors }) }, seedOf(name))
}

test('[LOG1, LOG3] of 10,000 forged, foreign, spliced, cut and oversize entries and floors a holder keeps none', async () => {
  const rig = createRig()
  const owner = rig.join('owner')
  const ada = await rig.holder('ada')
  const segment = rig.own('film')
  await rig.place(owner, ada.peer, segment, 1)
  const { groupId } = segment
  const good = [entry('film', slot(1), 0, 100), entry('film', slot(1), 1, 2000), entry('film', slot(2), 0, 60, new Map([[slot(9), 5]]))]
  const [first = new Uint8Array()] = good
  expect(await outcome(ada.host.putLog!(owner.self, groupId, [first]))).toBe('done')
  const before = ada.host.facts().paperBytes
  const foreign = [entry('other', slot(1), 1, 100), entry('other', slot(3), 0, 60, new Map([[slot(1), 99]]))]
  const random = createSeededRandom('hostile logs')
  const below = (end: number): number => new DataView(random.bytes(4).buffer).getUint32(0) % end
  const edits: readonly ((bytes: Bytes) => Bytes)[] = [
    (bytes) => bytes.with(below(bytes.length), below(256)),
    (bytes) => bytes.subarray(0, below(bytes.length)).slice(),
    (bytes) => concatBytes(bytes, random.bytes(1 + below(40))),
    (bytes) => concatBytes(bytes, new Uint8Array(MAX_LOG_ENTRY_BYTES)),
    (bytes) => concatBytes(bytes.subarray(0, below(bytes.length)), (good[below(good.length)] ?? bytes).subarray(below(60))),
    () => foreign[below(foreign.length)] ?? new Uint8Array(),
    () => random.bytes(below(300)),
  ]
  const isGood = (bytes: Bytes): boolean => good.some((one) => one.length === bytes.length && one.every((byte, at) => byte === bytes[at]))
  const liars = Array.from({ length: 500 }, (_, at) => rig.join(`liar ${at}`).self)
  const answers = new Map<string, number>()
  for (let at = 0; at < CASES; at++) {
    const bytes = (edits[at % edits.length] ?? ((same) => same))(new Uint8Array(good[below(good.length)] ?? []))
    if (isGood(bytes)) continue
    const answer = await outcome(ada.host.putLog!(liars[at % liars.length] ?? owner.self, groupId, [bytes]))
    answers.set(answer, (answers.get(answer) ?? 0) + 1)
  }
  expect([...answers.keys()].filter((answer) => answer === 'done')).toEqual([])
  expect(answers.get('signature-invalid')).toBeGreaterThan(500)
  expect(ada.host.facts().paperBytes).toBe(before)
  expect((await getLog(owner, rig.clock, ada.peer, groupId, [])).length).toBe(1)
})
