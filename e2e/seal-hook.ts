import { createHash } from 'node:crypto'
import { appendFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

// Every Node program of the suites loads this before its own first line, by `--import`: no AES-GCM key seals two contents under one nonce,
// over all starts that share the folder. SPEC SEA4.

const folder = process.env['SCATTERHOARD_TEST_SEALS']
if (folder !== undefined) {
  mkdirSync(folder, { recursive: true })
  const digestOf = (bytes: BufferSource): string => {
    const view = ArrayBuffer.isView(bytes) ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength) : new Uint8Array(bytes)
    return createHash('sha256').update(view).digest('hex')
  }
  const contentByPlace = new Map<string, string>()
  for (const name of readdirSync(folder)) {
    for (const line of readFileSync(join(folder, name), 'utf8').split('\n')) {
      const [place, content] = line.split(' ')
      if (place !== undefined && content !== undefined) contentByPlace.set(place, content)
    }
  }
  const nameByKey = new WeakMap<CryptoKey, string>()
  const { subtle } = globalThis.crypto
  const [importKey, encrypt] = [subtle.importKey.bind(subtle), subtle.encrypt.bind(subtle)]
  const watched = {
    async importKey(...args: Parameters<SubtleCrypto['importKey']>): Promise<CryptoKey> {
      const key = await importKey(...args)
      if (args[0] === 'raw') nameByKey.set(key, digestOf(args[1] as BufferSource))
      return key
    },
    async encrypt(...args: Parameters<SubtleCrypto['encrypt']>): Promise<ArrayBuffer> {
      const [algorithm, key, content] = args
      if (typeof algorithm === 'object' && algorithm.name === 'AES-GCM' && 'iv' in algorithm) {
        const place = `${nameByKey.get(key) ?? 'unnamed'}/${digestOf(algorithm.iv as BufferSource)}`
        const found = digestOf(content)
        const before = contentByPlace.get(place)
        if (before === undefined) appendFileSync(join(folder, String(process.pid)), `${place} ${found}\n`)
        else if (before !== found) {
          appendFileSync(join(folder, 'violations'), `${place}\n`)
          throw new Error('two contents sealed under one key and nonce')
        }
        contentByPlace.set(place, found)
      }
      return encrypt(...args)
    },
  }
  Object.defineProperties(subtle, {
    importKey: { value: watched.importKey },
    encrypt: { value: watched.encrypt },
  })
}
