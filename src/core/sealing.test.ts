import { gcm } from '@noble/ciphers/aes.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { webcrypto } from 'node:crypto'
import { expect, test } from 'vitest'
import { concatBytes, fromHex, hex, type Bytes } from './bytes.ts'
import { brandBytes, type FileKey, type RecordKey } from './ids.ts'
import { recordKeyOf, type RecordKind } from './keys.ts'
import { padmeLength } from './padding.ts'
import { recordCount, recordNonce, recordSpan, type RecordPlace } from './records.ts'
import vectors from './vectors/sealed-records.json' with { type: 'json' }

type Vector = (typeof vectors.valid)[number]

/** One way to seal and open a record; core only determines the key, the nonce and the bytes. */
interface Sealer {
  seal(key: RecordKey, nonce: Bytes, plain: Bytes): Promise<Uint8Array>
  open(key: RecordKey, nonce: Bytes, sealed: Bytes): Promise<Uint8Array>
}

const sealers: Record<string, Sealer> = {
  WebCrypto: {
    async seal(key, nonce, plain) {
      const imported = await webcrypto.subtle.importKey('raw', key, 'AES-GCM', false, ['encrypt'])
      return new Uint8Array(await webcrypto.subtle.encrypt({ name: 'AES-GCM', iv: nonce }, imported, plain))
    },
    async open(key, nonce, sealed) {
      const imported = await webcrypto.subtle.importKey('raw', key, 'AES-GCM', false, ['decrypt'])
      return new Uint8Array(await webcrypto.subtle.decrypt({ name: 'AES-GCM', iv: nonce }, imported, sealed))
    },
  },
  noble: {
    seal: async (key, nonce, plain) => gcm(key, nonce).encrypt(plain),
    open: async (key, nonce, sealed) => gcm(key, nonce).decrypt(sealed),
  },
}

for (const [name, sealer] of Object.entries(sealers)) {
  test.each(vectors.valid)(`[SEA1] $what seals to its vector with ${name}`, async (vector) => {
    const records = await sealAll(sealer, vector)
    expect(
      records.map((record) => ({ nonce: hex(record.nonce), sealedLength: record.sealed.length, tag: hex(record.sealed.slice(-16)) })),
    ).toEqual(vector.records)
    const whole = concatBytes(...records.map((record) => record.sealed))
    expect([whole.length, hex(sha256(whole))]).toEqual([vector.sealedLength, vector.sha256])
    if (vector.sealed !== undefined) expect(hex(whole)).toBe(vector.sealed)
  })

  test.each(vectors.invalid)(`[SEA2] $what fails its tag with ${name}`, async ({ object, record, as }) => {
    const vector = vectors.valid.find(({ what }) => what === object)
    if (vector === undefined) throw new Error(`no vector ${object}`)
    const sealed = (await sealAll(sealer, vector))[record]?.sealed
    if (sealed === undefined) throw new Error(`no record ${record}`)
    const open = (number: number, place: RecordPlace): Promise<Uint8Array> => sealer.open(keyOf(vector), recordNonce(number, place), sealed)
    await expect(open(as.record, as.place === 'last' ? 'last' : 'inner')).rejects.toThrow()
    await expect(open(record, record === vector.records.length - 1 ? 'last' : 'inner')).resolves.toBeInstanceOf(Uint8Array)
  })
}

test('[KEY4] a record sealed as content does not open as link, manifest or layer', async () => {
  const vector = vectors.valid[0]
  if (vector?.sealed === undefined) throw new Error('no vector')
  const fileKey = brandBytes<FileKey>(fromHex(vector.fileKey))
  const nonce = recordNonce(0, 'last')
  const others = [
    recordKeyOf(fileKey, 2, new Uint8Array()),
    recordKeyOf(fileKey, 1, new Uint8Array(32)),
    recordKeyOf(fileKey, 3, new Uint8Array()),
  ]
  for (const key of others) expect(() => gcm(key, nonce).decrypt(fromHex(vector.sealed ?? ''))).toThrow()
  expect(gcm(keyOf(vector), nonce).decrypt(fromHex(vector.sealed)).length).toBe(4096)
})

async function sealAll(sealer: Sealer, vector: Vector): Promise<readonly { nonce: Bytes; sealed: Bytes }[]> {
  const padded = new Uint8Array(padmeLength(vector.size))
  padded.set(Uint8Array.from({ length: vector.size }, (_, at) => at * 167 + 13))
  const count = recordCount(vector.size)
  const sealed: { nonce: Bytes; sealed: Bytes }[] = []
  for (let record = 0; record < count; record++) {
    const { plainOffset, plainLength } = recordSpan(vector.size, record)
    const nonce = recordNonce(record, record === count - 1 ? 'last' : 'inner')
    const plain = padded.slice(plainOffset, plainOffset + plainLength)
    sealed.push({ nonce, sealed: new Uint8Array(await sealer.seal(keyOf(vector), nonce, plain)) })
  }
  return sealed
}

function keyOf(vector: Vector): RecordKey {
  return recordKeyOf(brandBytes<FileKey>(fromHex(vector.fileKey)), kindOf(vector.kind), fromHex(vector.r))
}

function kindOf(kind: number): RecordKind {
  if (kind === 0 || kind === 1 || kind === 2 || kind === 3) return kind
  throw new Error(`no kind ${kind}`)
}
