import { entropyToMnemonic, mnemonicToSeedSync, validateMnemonic } from '@scure/bip39'
import { wordlist } from '@scure/bip39/wordlists/english.js'
import type { Bytes } from './bytes.ts'
import { assert, HoardError } from './errors.ts'
import { deriveKey } from './labels.ts'

/** Every key of an owner, 32 secret bytes each; all descend from the recovery words. SPEC WRD3. */
export interface OwnerKeys {
  /** Seals the vault's log. */
  readonly vaultAead: Bytes
  /** Ed25519 seed that signs the vault's log; the vault is found by its public key. */
  readonly vaultSign: Bytes
  /** Parent of all group keys. */
  readonly lease: Bytes
}

/** Longest text that is looked at: 24 words of at most 8 letters each, with room for careless spaces. */
const MAX_TEXT_LENGTH = 1024

/** Returns the twelve recovery words of `entropy`, 16 random bytes, with single spaces between them. SPEC WRD1, BIP39. */
export function makeWords(entropy: Uint8Array): string {
  assert(entropy.length === 16, 'the entropy of recovery words has 16 bytes')
  return entropyToMnemonic(entropy, wordlist)
}

/**
 * Returns recovery words as typed by a person in their one form: lower case, single spaces.
 * @throws HoardError 'words-invalid' when they are not 12 or 24 words of the English list or their checksum is wrong
 * Source: SPEC.md WRD2; BIP39.
 */
export function checkWords(text: string): string {
  if (text.length > MAX_TEXT_LENGTH) throw new HoardError('words-invalid', { length: text.length })
  const words = text
    .normalize('NFKD')
    .toLowerCase()
    .split(/\s+/u)
    .filter((word) => word !== '')
  const canonical = words.join(' ')
  if ((words.length !== 12 && words.length !== 24) || !validateMnemonic(canonical, wordlist)) {
    throw new HoardError('words-invalid', { words: words.length })
  }
  return canonical
}

/**
 * Returns the keys of the owner whose recovery words are `words`. Takes tens of milliseconds: BIP39 stretches on purpose.
 * @throws HoardError 'words-invalid'
 * Source: SPEC.md WRD3; BIP39 with an empty passphrase.
 */
export function ownerKeysOf(words: string): OwnerKeys {
  const seed = mnemonicToSeedSync(checkWords(words))
  return { vaultAead: deriveKey(seed, 'vault-aead'), vaultSign: deriveKey(seed, 'vault-sign'), lease: deriveKey(seed, 'lease') }
}
