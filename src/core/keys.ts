import { concatBytes, type Bytes } from './bytes.ts'
import { assert } from './errors.ts'
import { brandBytes, type FileKey, type GroupKey, type GroupSeed, type RecordKey } from './ids.ts'
import { deriveKey } from './labels.ts'
import { publicKeyOf } from './signature.ts'

/** Kinds of object that a file key seals. SPEC KEY4. */
export const recordKinds = { content: 0, manifest: 1, link: 2, layer: 3 } as const
export type RecordKind = (typeof recordKinds)[keyof typeof recordKinds]

/**
 * Returns the secret seed of a group's key.
 * @param lease 32 bytes, the owner's `lease` key
 * @param salt 16 random bytes, kept sealed in the vault
 * Source: SPEC.md KEY2.
 */
export function groupSeedOf(lease: Uint8Array, salt: Uint8Array): GroupSeed {
  assert(lease.length === 32 && salt.length === 16, 'a lease key has 32 bytes and a group salt 16')
  return brandBytes<GroupSeed>(deriveKey(lease, 'group-seed', salt))
}

/**
 * Returns the salt of one group of a content, 16 bytes: the vault has one salt for all of them.
 * @param salt 16 random bytes of the content, kept sealed in the vault
 * @param index the place of the group in the content, from 0
 * Source: SPEC.md KEY5.
 */
export function groupSaltOf(salt: Uint8Array, index: number): Bytes {
  assert(salt.length === 16 && index >= 0 && index < 2 ** 32, 'a content has a salt of 16 bytes, and fewer than 2^32 groups')
  const number = new Uint8Array(4)
  new DataView(number.buffer).setUint32(0, index)
  return deriveKey(salt, 'group-salt', number).slice(0, 16)
}

/** Returns the public key of a group, 32 bytes: the Ed25519 key of `seed`. SPEC KEY3. */
export function groupKeyOf(seed: GroupSeed): GroupKey {
  return brandBytes<GroupKey>(publicKeyOf(seed))
}

/**
 * Returns the AES-256 key that seals the records of one object.
 * @param r 32 fresh random bytes for every manifest, else empty: the file key of a link or a layer is used once
 * Source: SPEC.md KEY4.
 */
export function recordKeyOf(fileKey: FileKey, kind: RecordKind, r: Uint8Array): RecordKey {
  assert(fileKey.length === 32, 'a file key has 32 bytes')
  assert(r.length === (kind === recordKinds.manifest ? 32 : 0), 'only manifests have an r, of 32 bytes')
  return brandBytes<RecordKey>(deriveKey(fileKey, 'record', concatBytes(Uint8Array.of(kind), r)))
}
