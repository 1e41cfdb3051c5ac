import { describe, expect, it } from 'vitest'
import { utf8 } from '../../core/bytes.ts'
import { publicKeyOf } from '../../core/peer-id.ts'
import { isSignedBy } from '../../core/signature.ts'
import { keep } from '../../ports/shard-store.contract.ts'
import { withFileFaults } from '../memory/faulty-files.ts'
import { createMemoryFiles } from '../memory/memory-files.ts'
import { openMemoryStorage } from '../memory/memory-storage.ts'
import { createSeededRandom } from '../memory/seeded-random.ts'
import { readDeviceKeys } from './device-keys.ts'
import { createDeviceSigner } from './device-signer.ts'
import { createFileOutbox } from './file-outbox.ts'
import { codeOf } from '../../core/errors.ts'

describe('the storage of a device', () => {
  it('has keys from the first start on, which stay the same', async () => {
    const files = createMemoryFiles()
    const first = await openMemoryStorage({ files, random: createSeededRandom(1) })
    await first.close()
    const second = await openMemoryStorage({ files, random: createSeededRandom(2) })
    expect(second.keys).toEqual(first.keys)
    expect(second.keys.peerKey).not.toEqual(second.keys.storageKey)
    expect(await second.catalog.get('self', 'peer-key')).toEqual(first.keys.peerKey)
  })

  it('signs as the peer whose id it shows', async () => {
    const { keys } = await openMemoryStorage({ random: createSeededRandom(1) })
    const signer = createDeviceSigner(keys.peerKey)
    const message = utf8('a message')
    expect(isSignedBy(publicKeyOf(signer.peerId), message, await signer.sign(message))).toBe(true)
  })

  it('refuses a key of a wrong length instead of making another device', async () => {
    const storage = await openMemoryStorage({ random: createSeededRandom(1) })
    await storage.catalog.commit([{ table: 'self', key: 'storage-key', value: new Uint8Array(31) }])
    const error: unknown = await readDeviceKeys(storage.catalog).catch((cause: unknown) => cause)
    expect(codeOf(error)).toBe('storage-damaged')
  })

  it('is gone after removeAll, and nothing that was under way brings it back', async () => {
    const files = createMemoryFiles()
    const storage = await openMemoryStorage({ files, random: createSeededRandom(1) })
    await keep(storage.shards, 1, 100)
    await storage.removeAll()
    const late = [
      keep(storage.shards, 2, 100),
      storage.outbox.write('a', 0, utf8('x')),
      storage.catalog.commit([{ table: 'self', key: 'a' }]),
    ]
    const results = await Promise.allSettled(late)
    expect(results.every((result) => result.status === 'rejected' && codeOf(result.reason) === 'storage-unavailable')).toBe(true)
    expect(files.paths()).toEqual([])
  })
})

describe('an outbox on a full disk', () => {
  it('keeps what it had and counts nothing of what did not fit', async () => {
    const files = createMemoryFiles()
    const faults: { fullAt?: number } = { fullAt: 150 }
    const outbox = createFileOutbox(withFileFaults(files, faults))
    await outbox.write('spool', 0, new Uint8Array(100).fill(1))
    expect(codeOf(await outbox.write('spool', 100, new Uint8Array(100).fill(2)).catch((error: unknown) => error))).toBe('storage-full')
    expect(await outbox.list()).toEqual([{ name: 'spool', length: 100 }])
    faults.fullAt = Infinity
    await outbox.write('spool', 100, new Uint8Array(100).fill(3))
    expect((await outbox.read('spool', 0, 200))[150]).toBe(3)
  })
})
