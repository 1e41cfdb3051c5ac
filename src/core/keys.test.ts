import { hkdfSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { fromHex, hex, utf8 } from './bytes.ts'
import { brandBytes, type FileKey } from './ids.ts'
import { groupKeyOf, groupSaltOf, groupSeedOf, recordKeyOf, type RecordKind } from './keys.ts'
import { deriveKey, label, labelledHash } from './labels.ts'
import { isSignedBy, signWith } from './signature.ts'
import vectors from './vectors/keys.json' with { type: 'json' }

const fileKeyOf = (text: string): FileKey => brandBytes<FileKey>(fromHex(text))

test.each(vectors.labels)('[LAB1] the label of $purpose', ({ purpose, label: expected }) => {
  expect(hex(label(purpose))).toBe(expected)
})

test.each(vectors.hashes)('[LAB2] the hash of $parts for $purpose', ({ purpose, parts, digest }) => {
  expect(hex(labelledHash(purpose, ...parts.map(fromHex)))).toBe(digest)
})

test('[LAB3] derived keys are those of the HKDF of node:crypto', () => {
  const parent = utf8('a parent key of any length')
  const context = Uint8Array.of(1, 2, 3)
  const info = Uint8Array.of(...utf8('scatterhoard/v1/purpose'), 0, ...context)
  expect(hex(deriveKey(parent, 'purpose', context))).toBe(hex(new Uint8Array(hkdfSync('sha256', parent, new Uint8Array(), info, 32))))
})

test.each(vectors.groups)('[KEY3] lease $lease and salt $salt lead to group key $groupKey', ({ lease, salt, groupSeed, groupKey }) => {
  const seed = groupSeedOf(fromHex(lease), fromHex(salt))
  expect([hex(seed), hex(groupKeyOf(seed))]).toEqual([groupSeed, groupKey])
  const message = utf8('charter')
  expect(isSignedBy(groupKeyOf(seed), message, signWith(seed, message))).toBe(true)
})

test('[KEY5] the groups of a content have salts of their own, by HKDF', () => {
  const salt = new Uint8Array(16).fill(7)
  for (const [index, number] of [
    [0, '00000000'],
    [159, '0000009f'],
    [2 ** 32 - 1, 'ffffffff'],
  ] as const) {
    const info = Uint8Array.of(...utf8('scatterhoard/v1/group-salt'), 0, ...fromHex(number))
    const expected = new Uint8Array(hkdfSync('sha256', salt, new Uint8Array(), info, 32)).slice(0, 16)
    expect(hex(groupSaltOf(salt, index))).toBe(hex(expected))
  }
  expect(() => groupSaltOf(salt, 2 ** 32)).toThrow('broken invariant')
})

test.each(vectors.records)('[KEY4] the record key of kind $kind and r "$r"', ({ fileKey, kind, r, recordKey }) => {
  expect(hex(recordKeyOf(fileKeyOf(fileKey), kindOf(kind), fromHex(r)))).toBe(recordKey)
})

test.each(vectors.invalidRecords)('[KEY4] $what has no record key', ({ fileKey, kind, r }) => {
  expect(() => recordKeyOf(fileKeyOf(fileKey), kindOf(kind), fromHex(r))).toThrow('broken invariant')
})

test.each([
  [31, 16],
  [32, 15],
  [32, 32],
])('[KEY2] a lease of %s bytes and a salt of %s have no group', (leaseBytes, saltBytes) => {
  expect(() => groupSeedOf(new Uint8Array(leaseBytes), new Uint8Array(saltBytes))).toThrow('broken invariant')
})

test('[KEY4] kinds and r give different keys', () => {
  const fileKey = fileKeyOf('00'.repeat(32))
  const r = new Uint8Array(32)
  const keys = [
    recordKeyOf(fileKey, 0, r.slice(32)),
    recordKeyOf(fileKey, 1, r),
    recordKeyOf(fileKey, 2, r.slice(32)),
    recordKeyOf(fileKey, 3, r.slice(32)),
  ]
  expect(new Set([...keys, recordKeyOf(fileKey, 1, r.fill(1))].map(hex)).size).toBe(5)
})

function kindOf(kind: number): RecordKind {
  if (kind === 0 || kind === 1 || kind === 2 || kind === 3) return kind
  throw new Error(`no kind ${kind}`)
}
