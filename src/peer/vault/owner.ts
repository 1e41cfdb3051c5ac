import { concatBytes, utf8, type Bytes } from '../../core/bytes.ts'
import { HoardError } from '../../core/errors.ts'
import { openSmall, sealSmall } from '../../core/small-seal.ts'
import { FORMAT_VERSION } from '../../core/labels.ts'
import { makeWords, ownerKeysOf, type OwnerKeys } from '../../core/words.ts'
import type { CatalogChange } from '../../ports/catalog.ts'
import type { PeerParts } from '../api/peer-parts.ts'

/** The owner of the files of this device: words, and the keys that descend from them. */
export interface Owner {
  readonly words: string
  readonly keys: OwnerKeys
  /** 16 random bytes that name this device in the vault's log. */
  readonly device: Bytes
}

/** Opens the owner of this device, making one when it is first needed. */
export interface OwnerKeyring {
  /** Returns the owner if there is one. */
  known(): Promise<Owner | undefined>
  /** Returns the owner, drawing fresh words when there is none. */
  ensure(): Promise<Owner>
}

const ROOT = 'root'
const DEVICE = 'device'
const PURPOSE = 'root-wrap'
const R_BYTES = 32
const KEY_BYTES = 32

/**
 * Returns a keyring that keeps the words and the keys derived from them, which are slow to derive, wrapped by the device's storage key.
 * `onMade` runs once fresh words are on disk.
 */
export function createOwnerKeyring(
  { catalog, random, storageKey }: Pick<PeerParts, 'catalog' | 'random' | 'storageKey'>,
  onMade: () => Promise<void> = async () => undefined,
): OwnerKeyring {
  let opened: Promise<Owner> | undefined
  const read = async (): Promise<Owner | undefined> => {
    const [wrapped, device] = await Promise.all([catalog.get('self', ROOT), catalog.get('self', DEVICE)])
    if (wrapped === undefined || device === undefined) return undefined
    return { ...unwrapRoot(storageKey, wrapped), device }
  }
  const make = async (): Promise<Owner> => {
    const words = makeWords(random.bytes(16))
    const owner = await writeOwner({ catalog, random, storageKey }, words, ownerKeysOf(words))
    await onMade()
    return owner
  }
  return {
    known: async () => opened ?? read(),
    ensure() {
      opened ??= read().then((owner) => owner ?? make())
      opened.catch(() => (opened = undefined))
      return opened
    },
  }
}

/**
 * Makes `words`, which give `keys`, those of this device, which begins a chain of its own in the vault's log. `besides` is written with them.
 * Throws what the catalog throws.
 */
export async function writeOwner(
  { catalog, random, storageKey }: Pick<PeerParts, 'catalog' | 'random' | 'storageKey'>,
  words: string,
  keys: OwnerKeys,
  besides: readonly CatalogChange[] = [],
): Promise<Owner> {
  const owner = { words, keys, device: random.bytes(16) }
  const wrapped = wrapRoot(storageKey, random.bytes(R_BYTES), owner)
  await catalog.commit([...besides, { table: 'self', key: ROOT, value: wrapped }, { table: 'self', key: DEVICE, value: owner.device }])
  return owner
}

function wrapRoot(storageKey: Bytes, r: Bytes, { words, keys }: Pick<Owner, 'words' | 'keys'>): Bytes {
  const content = concatBytes(keys.vaultAead, keys.vaultSign, keys.lease, utf8(words))
  return concatBytes(new Uint8Array([FORMAT_VERSION]), r, sealSmall(storageKey, PURPOSE, r, content))
}

function unwrapRoot(storageKey: Bytes, wrapped: Bytes): Pick<Owner, 'words' | 'keys'> {
  if (wrapped[0] !== FORMAT_VERSION) throw new HoardError('format-unknown', { object: ROOT })
  const content = openSmall(storageKey, PURPOSE, wrapped.subarray(1, 1 + R_BYTES), wrapped.subarray(1 + R_BYTES))
  const key = (at: number): Bytes => content.slice(at * KEY_BYTES, (at + 1) * KEY_BYTES)
  const words = String.fromCharCode(...content.subarray(3 * KEY_BYTES))
  return { words, keys: { vaultAead: key(0), vaultSign: key(1), lease: key(2) } }
}
