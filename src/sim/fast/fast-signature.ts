import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto'
import type { Bytes } from '../../core/bytes.ts'
import { assert } from '../../core/errors.ts'
import { byteText } from './fast-bytes.ts'
import { createRemembered } from './remembered.ts'

/**
 * Stands in for core/signature.ts in the simulator: the platform's Ed25519 takes a fifteenth of the time, and remembered answers none. It
 * differs for keys of small order and odd encodings alone, which nobody here makes. The product never runs it.
 */

const [PRIVATE_PREFIX, PUBLIC_PREFIX] = ['302e020100300506032b657004220420', '302a300506032b6570032100'].map((prefix) =>
  Buffer.from(prefix, 'hex'),
) as [Buffer, Buffer]
/** Keys and answers remembered: whoever is here sends much the same to everybody. */
const [MOST_KEYS, MOST_ANSWERS] = [4_096, 4_096]

const privateKeys = createRemembered<KeyObject>(MOST_KEYS)
const publicKeys = createRemembered<KeyObject>(MOST_KEYS)
const answers = createRemembered<boolean>(MOST_ANSWERS)

/** As in core/signature.ts. */
export function signWith(seed: Uint8Array, message: Uint8Array): Bytes {
  assert(seed.length === 32, 'an Ed25519 seed has 32 bytes')
  return new Uint8Array(sign(null, message, privateKeyOf(seed)))
}

/** As in core/signature.ts. */
export function publicKeyOf(seed: Uint8Array): Bytes {
  const key = createPublicKey(privateKeyOf(seed)).export({ format: 'der', type: 'spki' })
  return new Uint8Array(key.subarray(PUBLIC_PREFIX.length))
}

/** As in core/signature.ts, but for keys of small order and odd encodings. */
export function isSignedBy(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== 32 || signature.length !== 64) return false
  // Signature and key have fixed lengths: no two questions have one name.
  const name = byteText(signature) + byteText(publicKey) + byteText(message)
  return answers.get(name) ?? answers.put(name, check(publicKey, message, signature))
}

function check(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    const name = byteText(publicKey)
    const key = publicKeys.get(name) ?? publicKeys.put(name, openPublicKey(publicKey))
    return verify(null, message, key, signature)
  } catch {
    return false
  }
}

function openPublicKey(raw: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.concat([PUBLIC_PREFIX, raw]), format: 'der', type: 'spki' })
}

function privateKeyOf(seed: Uint8Array): KeyObject {
  const name = byteText(seed)
  const known = privateKeys.get(name)
  if (known !== undefined) return known
  const key = createPrivateKey({ key: Buffer.concat([PRIVATE_PREFIX, seed]), format: 'der', type: 'pkcs8' })
  return privateKeys.put(name, key)
}
