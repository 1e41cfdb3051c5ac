import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { equalBytes, fromHex, hex } from '../bytes.ts'
import { brandBytes, type FileKey, type GroupKey, type SegmentId } from '../ids.ts'
import { codeThrownBy, editsOf, isRefused, plain } from '../vectors/hostile-bytes.rig.ts'
import vectors from '../vectors/vault-log.json'
import { brandId, type DeviceId, type Slot } from './entry-id.ts'
import type { Frontier } from './frontier.ts'
import {
  decodeLogBody,
  divideChanges,
  encodeLogBody,
  MAX_COMMIT_BYTES,
  MAX_LAYERS,
  MAX_SEEN,
  openLogBody,
  sealLogBody,
  slotOfDevice,
  type LogBody,
} from './log-body.ts'
import {
  checkLogEntry,
  emptyLog,
  encodeLogEntry,
  keepEntry,
  MAX_FLOORS,
  MAX_LOG_BODY_BYTES,
  MAX_LOG_BYTES,
  MAX_LOG_ENTRY_BYTES,
  MAX_SLOTS,
  vaultGroupOf,
  type CheckedLogEntry,
  type KeptLog,
} from './log-entry.ts'
import { changeBytes, type VaultChange } from './change.ts'
import { group, vaultAead, writePlain, writeSealed } from './log.rig.ts'
import { at, deviceId, entryId, filled, idFor } from './vault.rig.ts'

const lease = fromHex(vectors.lease)
const aead = fromHex(vectors.vaultAead)
const vault = vaultGroupOf(lease)
const slot = (first: number): Slot => brandId<Slot>(filled(16, first))
const frontier = (...rows: readonly (readonly [number, number])[]): Frontier => new Map(rows.map(([first, seq]) => [slot(first), seq]))
const bodyOf = (more: Partial<LogBody> = {}): LogBody => ({ prev: null, device: deviceId(1), at: 1, changes: [], seen: new Map(), ...more })
const manyRows = (count: number, seq: number): Frontier => new Map(Array.from({ length: count }, (_, first) => [slot(first), seq]))

describe('entry of the log', () => {
  it('[VLT7] the words alone name the vault’s group', () => {
    expect(plain(vault)).toEqual({ seed: vectors.groupSeed, groupKey: vectors.groupKey, groupId: vectors.groupId })
  })

  it.each(vectors.entries)('[VLT8] reads, opens, seals and signs $name', ({ bytes, digest, r, seq, body }) => {
    const entry = checkLogEntry(fromHex(bytes), vault.groupKey)
    expect([hex(entry.digest), hex(entry.r), entry.seq]).toEqual([digest, r, seq])
    expect(hex(entry.bytes)).toBe(bytes)
    const opened = openLogBody(aead, entry)
    expect(hex(encodeLogBody(opened))).toBe(body)
    const { floors } = entry
    const again = { slot: entry.slot, seq, r: entry.r, sealed: sealLogBody(aead, entry.r, opened), ...(floors && { floors }) }
    expect(hex(encodeLogEntry(again, vault.seed))).toBe(bytes)
  })

  it.each(vectors.invalid)('[VLT8] refuses $name', ({ bytes, error }) => {
    expect(codeThrownBy(() => openLogBody(aead, checkLogEntry(fromHex(bytes), vault.groupKey)))).toBe(error)
  })

  it.each(vectors.bodyInvalid)('[VLT10] refuses a body with $name', ({ bytes, error }) => {
    expect(codeThrownBy(() => decodeLogBody(fromHex(bytes)))).toBe(error)
  })

  it('[VLT8] the longest body fits the longest entry, and the fullest list of layers fits with its floors', () => {
    const sealed = filled(MAX_LOG_BODY_BYTES + 16, 1)
    const longest = { slot: slot(1), seq: Number.MAX_SAFE_INTEGER, r: filled(32, 1), sealed }
    expect(encodeLogEntry(longest, vault.seed).length).toBe(MAX_LOG_ENTRY_BYTES)
    const layer = { segmentId: brandBytes<SegmentId>(filled(32, 1)), fileKey: brandBytes<FileKey>(filled(32, 1)), bytes: 14_000_000 }
    const body = bodyOf({
      prev: filled(32, 1),
      at: 2 ** 43 - 1,
      seen: manyRows(MAX_SEEN, Number.MAX_SAFE_INTEGER),
      layers: Array.from({ length: MAX_LAYERS }, () => layer),
    })
    const device = slotOfDevice(vaultAead, body.device)
    const { entry } = writeSealed(device, Number.MAX_SAFE_INTEGER, body, manyRows(MAX_FLOORS, Number.MAX_SAFE_INTEGER))
    expect(entry.bytes.length).toBeLessThanOrEqual(MAX_LOG_ENTRY_BYTES)
  })

  it('[VLT8] another group’s signature, vault key, slot, or layers without floors are refused', () => {
    const device = slotOfDevice(vaultAead, deviceId(1))
    const { entry } = writeSealed(device, 0, bodyOf())
    const sealedAs = (as: Parameters<typeof encodeLogEntry>[0]) => () =>
      openLogBody(vaultAead, checkLogEntry(encodeLogEntry(as, group.seed), group.groupKey))
    expect(codeThrownBy(() => checkLogEntry(entry.bytes, vaultGroupOf(filled(32, 9)).groupKey))).toBe('signature-invalid')
    expect(codeThrownBy(() => checkLogEntry(entry.bytes, brandBytes<GroupKey>(filled(32, 0))))).toBe('signature-invalid')
    expect(codeThrownBy(() => openLogBody(filled(32, 1), entry))).toBe('record-damaged')
    expect(codeThrownBy(sealedAs({ ...entry, slot: slot(3) }))).toBe('format-invalid')
    expect(codeThrownBy(sealedAs({ ...entry, seq: 1 }))).toBe('format-invalid')
    expect(codeThrownBy(sealedAs({ ...entry, floors: frontier([1, 1]) }))).toBe('format-invalid')
    expect(codeThrownBy(sealedAs(entry))).toBe('nothing')
  })

  it('[VLT8] accepts no hostile edit', () => {
    const good = fromHex(vectors.entries.at(-1)?.bytes ?? '')
    fc.assert(
      fc.property(editsOf(good, 2), (bad) => isRefused(() => checkLogEntry(bad, vault.groupKey))),
      { numRuns: 10_000 },
    )
  })

  it('[VLT10] accepts no hostile edit of a body that is not the encoding of what it returns', () => {
    for (const { body } of vectors.entries) {
      const isHarmless = (bad: Uint8Array) => isRefused(() => decodeLogBody(bad)) || equalBytes(encodeLogBody(decodeLogBody(bad)), bad)
      fc.assert(fc.property(editsOf(fromHex(body), 30), isHarmless), { numRuns: 4000 })
    }
  })

  it('[VLT10] a body that claims a million changes, or changes that fit no entry, is refused', () => {
    const head = encodeLogBody(bodyOf())
    // The empty list of changes is the byte 0x80 after key 4.
    const claim = hex(head).replace(/0480/, '049a000f4240')
    expect(codeThrownBy(() => decodeLogBody(fromHex(claim)))).toBe('format-invalid')
    const change = { entry: entryId(1), time: at(1), fields: { name: 'x'.repeat(255) } }
    expect(codeThrownBy(() => encodeLogBody(bodyOf({ changes: Array.from({ length: 20 }, () => change) })))).toBe('format-invalid')
    const small = { entry: entryId(1), time: at(1), fields: { folder: 1 } }
    expect(codeThrownBy(() => encodeLogBody(bodyOf({ changes: Array.from({ length: 257 }, () => small) })))).toBe('format-invalid')
  })
})

describe('division of changes', () => {
  const change = (n: number, name: string): VaultChange => ({ entry: idFor(`${n}`), time: at(n), fields: { name } })

  it('[VLT22] every part fits an entry, beside what is told of others, in the order of the changes', () => {
    const drawn = fc.array(fc.integer({ min: 1, max: 255 }), { maxLength: 300, size: 'max' })
    fc.assert(
      fc.property(drawn, fc.nat(MAX_SEEN), (lengths, slots) => {
        const changes = lengths.map((length, n) => change(n, 'x'.repeat(length)))
        const seen = manyRows(slots, Number.MAX_SAFE_INTEGER)
        const parts = divideChanges(changes, seen)
        if (parts === undefined) return changes.reduce((sum, one) => sum + changeBytes(one), 0) > MAX_COMMIT_BYTES
        const prev = filled(32, 1)
        for (const [place, part] of parts.entries()) encodeLogBody(bodyOf({ prev, changes: part, ...(place === 0 ? { seen } : {}) }))
        return parts.flat().every((one, place) => one === changes[place]) && parts.flat().length === changes.length
      }),
    )
  })

  it('[VLT22] 256 at most make a part, and what no entry holds goes into a layer', () => {
    const small = Array.from({ length: 600 }, (_, n) => ({ entry: entryId(1), time: at(n % 20), fields: { deletedAt: 0 } }))
    expect(divideChanges(small, new Map())?.every(({ length }) => length <= 256)).toBe(true)
    const dropped = Array.from({ length: 64 }, (_, n) => ({ ...at(2 ** 43 - 1 - n, 2 ** 32 - 1), device: deviceId(1) }))
    const contents = Array.from({ length: 250 }, (_, n) => idFor(`${n}`))
    const link = { salt: filled(16, 1), fileKey: brandBytes<FileKey>(filled(32, 1)), files: [], contents, until: 1, isLocked: false }
    expect(divideChanges([{ entry: entryId(1), time: at(1), fields: { dropped } }], new Map())?.length).toBe(1)
    expect(divideChanges([{ entry: entryId(1), time: at(1), fields: { link } }], new Map())).toBe(undefined)
    expect(divideChanges([], new Map())).toEqual([[]])
  })
})

describe('log in the hands of a holder', () => {
  const entry = (first: number, seq: number, floors?: Frontier, length = 300): CheckedLogEntry => ({
    ...writePlain(slot(first), seq, bodyOf({ at: first, device: brandId<DeviceId>(filled(16, first)) }), floors).entry,
    bytes: filled(length, 1),
  })
  const keepAll = (entries: readonly CheckedLogEntry[]): KeptLog => entries.reduce((log, one) => keepEntry(log, one).log, emptyLog)

  it('[VLT20] keeps an entry once, and both sides of a fork', () => {
    const [one, two] = [entry(1, 0), { ...entry(1, 0), digest: filled(32, 5) }]
    const { log } = keepEntry(emptyLog, one)
    expect(keepEntry(log, one)).toEqual({ log, answer: 'known' })
    expect(keepEntry(log, two).log.entries).toEqual([one, two])
  })

  it('[VLT20] floors drop what they cover, and what they cover is not taken again', () => {
    const log = keepAll([entry(1, 0), entry(1, 1), entry(2, 0), entry(2, 1, frontier([1, 1], [2, 0]))])
    expect(log.entries.map(({ slot: of, seq }) => [of, seq])).toEqual([[slot(2), 1]])
    expect(keepEntry(log, entry(1, 1)).answer).toBe('covered')
    expect(keepEntry(log, entry(1, 2)).answer).toBe('kept')
    // Floors stay when the entry that brought them goes.
    const later = keepEntry(log, entry(3, 0, frontier([2, 1]))).log
    expect(keepEntry(later, entry(1, 1)).answer).toBe('covered')
  })

  it('[VLT20] a seventeenth slot is refused until one is covered whole', () => {
    const log = keepAll(Array.from({ length: MAX_SLOTS }, (_, first) => entry(first, 0)))
    expect(log.entries.length).toBe(MAX_SLOTS)
    expect(keepEntry(log, entry(99, 0))).toEqual({ log, answer: 'full' })
    expect(keepEntry(log, entry(5, 1)).answer).toBe('kept')
    const freed = keepEntry(log, entry(5, 1, frontier([3, 0]))).log
    expect(keepEntry(freed, entry(99, 0)).answer).toBe('kept')
  })

  it('[VLT20] keeps 256 KiB at most, whatever comes in whatever order', () => {
    const drawn = fc.record({
      first: fc.nat(20),
      seq: fc.nat(30),
      length: fc.integer({ min: 150, max: 4096 }),
      floor: fc.option(fc.tuple(fc.nat(20), fc.nat(30)), { freq: 8 }),
    })
    fc.assert(
      fc.property(fc.array(drawn, { maxLength: 150, size: 'max' }), (all) => {
        const log = keepAll(
          all.map(({ first, seq, length, floor }) => entry(first, seq, floor === null ? undefined : frontier(floor), length)),
        )
        const bytes = log.entries.reduce((sum, one) => sum + one.bytes.length, 0)
        const isAbove = log.entries.every((one) => (log.floors.get(one.slot) ?? -1) < one.seq)
        return bytes <= MAX_LOG_BYTES && new Set(log.entries.map((one) => one.slot)).size <= MAX_SLOTS && isAbove
      }),
      { numRuns: 100 },
    )
  })
})
