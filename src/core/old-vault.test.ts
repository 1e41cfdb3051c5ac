import { gcm } from '@noble/ciphers/aes.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { equalBytes, fromHex, hex } from './bytes.ts'
import { brandBytes, type FileKey } from './ids.ts'
import {
  checkChain,
  checkWireEntry,
  decodeVaultBody,
  encodeVaultBody,
  encodeWireEntry,
  entryKey,
  MAX_VAULT_BODY_BYTES,
  MAX_WIRE_ENTRY_BYTES,
  mergeChanges,
  slotOf,
  type VaultChange,
  type VaultFields,
} from './old-vault.ts'
import { codeThrownBy, editsOf, isRefused, plain } from './vectors/hostile-bytes.rig.ts'
import vectors from './vectors/vault.json'

const vaultAead = fromHex(vectors.vaultAead)
const vaultSign = fromHex(vectors.vaultSign)

describe('vault entry', () => {
  it('[VLT3] has a slot that follows from the words', () => {
    expect(hex(slotOf(vaultAead, fromHex(vectors.device)))).toBe(vectors.slot)
  })

  it.each(vectors.entries)('[VLT2] reads, opens, seals and signs $name', ({ bytes, digest, entry, body, value }) => {
    const read = checkWireEntry(fromHex(bytes))
    expect(plain(read)).toEqual({ ...entry, bytes, digest })
    const opened = gcm(entryKey(vaultAead, read.r), new Uint8Array(12)).decrypt(read.sealed)
    expect(hex(opened)).toBe(body)
    expect(plain(decodeVaultBody(opened))).toEqual(value)
    const sealed = new Uint8Array(gcm(entryKey(vaultAead, read.r), new Uint8Array(12)).encrypt(encodeVaultBody(decodeVaultBody(opened))))
    expect(hex(encodeWireEntry({ slot: read.slot, seq: read.seq, r: read.r, sealed }, vaultSign))).toBe(bytes)
  })

  it.each(vectors.invalid)('[VLT2] refuses $name', ({ bytes, error }) => {
    expect(codeThrownBy(() => checkWireEntry(fromHex(bytes)))).toBe(error)
  })

  it.each(vectors.bodyInvalid)('[VLT4] refuses a body with $name', ({ bytes, error }) => {
    expect(codeThrownBy(() => decodeVaultBody(fromHex(bytes)))).toBe(error)
  })

  it('[VLT2] the longest body fits the longest entry, with the highest seq', () => {
    const sealed = new Uint8Array(MAX_VAULT_BODY_BYTES + 16)
    const bytes = encodeWireEntry({ slot: new Uint8Array(16), seq: Number.MAX_SAFE_INTEGER, r: new Uint8Array(32), sealed }, vaultSign)
    expect(bytes.length).toBe(MAX_WIRE_ENTRY_BYTES)
    expect(checkWireEntry(bytes).seq).toBe(Number.MAX_SAFE_INTEGER)
  })

  it('[VLT4] a chain has no gap, no fork unseen and no foreign link', () => {
    const [first, second, third] = vectors.entries.map(({ bytes, body }) => ({
      wire: checkWireEntry(fromHex(bytes)),
      body: decodeVaultBody(fromHex(body)),
    }))
    if (first === undefined || second === undefined || third === undefined) throw new Error('three vectors')
    checkChain(undefined, first.wire, first.body)
    checkChain(first.wire, second.wire, second.body)
    checkChain(second.wire, third.wire, third.body)
    const isBroken = (...[before, entry, body]: Parameters<typeof checkChain>) => isRefused(() => checkChain(before, entry, body))
    expect(isBroken(first.wire, third.wire, third.body)).toBe(true)
    expect(isBroken(undefined, second.wire, second.body)).toBe(true)
    expect(isBroken(first.wire, first.wire, first.body)).toBe(true)
    expect(isBroken({ ...first.wire, digest: new Uint8Array(32) }, second.wire, second.body)).toBe(true)
    expect(isBroken({ ...first.wire, slot: new Uint8Array(16) }, second.wire, second.body)).toBe(true)
    expect(isBroken(undefined, { ...second.wire, seq: 0 }, second.body)).toBe(true)
  })

  it('[VLT2] accepts no hostile edit', () => {
    const good = fromHex(vectors.entries[1]?.bytes ?? '')
    fc.assert(
      fc.property(editsOf(good, 4), (bad) => isRefused(() => checkWireEntry(bad))),
      { numRuns: 100_000 },
    )
  })

  it('[VLT4] accepts no hostile edit of a body that is not the encoding of what it returns', () => {
    const good = fromHex(vectors.entries[0]?.body ?? '')
    fc.assert(
      fc.property(
        editsOf(good, 20),
        (bad) => isRefused(() => decodeVaultBody(bad)) || equalBytes(encodeVaultBody(decodeVaultBody(bad)), bad),
      ),
      { numRuns: 100_000 },
    )
  })
})

describe('vault merge', () => {
  type Known = VaultChange & { readonly device: Uint8Array<ArrayBuffer> }
  const bytes = (length: number, first: number) => new Uint8Array(length).fill(first)
  // There are few values everywhere, so that ties of time, device and field are drawn often.
  const few = fc.nat(2)
  const fields: fc.Arbitrary<VaultFields> = fc
    .record(
      {
        name: fc.constantFrom('a', 'b', 'c'),
        folder: fc.constantFrom('', 'x'),
        size: few,
        fileKey: few.map((first) => brandBytes<FileKey>(bytes(32, first))),
        link: fc.option(few.map((first) => ({ salt: bytes(16, first), fileKey: brandBytes<FileKey>(bytes(32, first)) }))),
        deletedAt: fc.option(few),
      },
      { requiredKeys: [] },
    )
    .filter((drawn) => Object.keys(drawn).length > 0)
  const change: fc.Arbitrary<Known> = fc.record({
    device: few.map((first) => bytes(16, first)),
    entry: few.map((first) => bytes(16, first)),
    time: fc.record({ ms: few, count: few }),
    fields,
  })
  const text = (merged: ReturnType<typeof mergeChanges>) =>
    [...merged]
      .map(([key, entry]) => `${key} ${JSON.stringify(plain(Object.entries(entry).toSorted(([a], [b]) => (a < b ? -1 : 1))))}`)
      .toSorted()

  it('[VLT6] order and repetition of changes make no difference', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 10 }), fc.array(fc.nat(), { minLength: 20, maxLength: 20 }), (changes, keys) => {
        const shuffled = [...changes, ...changes].map((one, place) => ({ one, key: keys[place] ?? 0 })).toSorted((a, b) => a.key - b.key)
        return text(mergeChanges(changes)).join() === text(mergeChanges(shuffled.map(({ one }) => one))).join()
      }),
      { numRuns: 500 },
    )
  })

  it('[VLT6] every field has the value of its newest change, null takes it back', () => {
    const entry = bytes(16, 7)
    const at = (ms: number, count: number, device: number, given: VaultFields): Known => ({
      entry,
      device: bytes(16, device),
      time: { ms, count },
      fields: given,
    })
    const merged = mergeChanges([
      at(3, 0, 1, { name: 'newest by time' }),
      at(2, 9, 9, { name: 'older', folder: 'kept from the older one', deletedAt: 5 }),
      at(3, 0, 0, { name: 'same time, lower device' }),
      at(4, 0, 0, { deletedAt: null }),
    ]).get(hex(entry))
    expect(merged).toEqual({ entry, time: { ms: 4, count: 0 }, name: 'newest by time', folder: 'kept from the older one' })
  })
})
