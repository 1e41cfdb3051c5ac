import { measureSlab } from './slab-rates.ts'
import { factsOf, openStore } from './trial-store.ts'

/** Orders that a trial gives to this worker. */
type Order =
  | { readonly is: 'live'; readonly first: number }
  | { readonly is: 'check' }
  | { readonly is: 'measure'; readonly rounds: number; readonly perRound: number }

const LANES = 12

function lengthOf(number: number): number {
  return 1 + ((number * 2_654_435_761) % 600_000)
}

function contentOf(number: number): Uint8Array {
  const words = new Uint32Array(Math.ceil(lengthOf(number) / 4))
  for (let at = 0; at < words.length; at++) words[at] = Math.imul(at + 1, 2_654_435_761) ^ Math.imul(number, 40_503)
  return new Uint8Array(words.buffer, 0, lengthOf(number))
}

/** Writes, seals and sometimes removes shards, for ever; reports each step only once it is acknowledged. */
async function live(first: number): Promise<void> {
  const store = await openStore('trial')
  let next = first
  const lane = async () => {
    for (;;) {
      const number = next++
      const bytes = contentOf(number)
      const facts = factsOf(number, bytes.length)
      for (let at = 0; at < bytes.length; at += 100_000) await store.write(facts, at, bytes.subarray(at, at + 100_000), 1)
      await store.seal(facts.shardId, 2)
      self.postMessage({ is: 'sealed', number })
      if (number % 3 !== 0) continue
      await store.remove(facts.shardId)
      self.postMessage({ is: 'removed', number })
    }
  }
  self.postMessage({ is: 'living' })
  await Promise.all(Array.from({ length: LANES }, lane))
}

/** Reads everything back and removes all but every fourth shard, so that the next life finds slots to use again. */
async function check(): Promise<void> {
  const found = await slabsOnDisk()
  const store = await openStore('trial')
  const [whole, torn]: [number[], number[]] = [[], []]
  let [listed, read] = [0, 0]
  for (const { shardId, isWhole, kept } of await store.list()) {
    const number = new DataView(shardId.buffer, shardId.byteOffset).getUint32(0)
    const expected = contentOf(number)
    const bytes = new Uint8Array(await store.read(shardId, 0, kept).catch(() => []))
    listed += kept
    read += bytes.length
    const isRight = bytes.length === kept && bytes.every((byte, at) => byte === expected[at]) && (!isWhole || kept === expected.length)
    if (!isRight) torn.push(number)
    else if (isWhole) whole.push(number)
    if (!isRight || !isWhole || number % 4 !== 0) await store.remove(shardId)
  }
  await store.compact()
  await store.settled()
  const left = (await store.list()).reduce((sum, { length }) => sum + length, 0)
  await store.close()
  self.postMessage({ is: 'checked', whole, torn, listed, read, left, found, lost: store.lost, tidied: await slabsOnDisk() })
}

/** Returns the names of all slabs, each with its bytes. */
async function slabsOnDisk(): Promise<readonly (readonly [name: string, bytes: number])[]> {
  const root = await navigator.storage.getDirectory()
  const folder = await (await root.getDirectoryHandle('trial', { create: true })).getDirectoryHandle('slabs', { create: true })
  const slabs: (readonly [string, number])[] = []
  for await (const { name } of folder.values()) slabs.push([name, (await (await folder.getFileHandle(name)).getFile()).size])
  return slabs
}

self.addEventListener('message', ({ data }: MessageEvent<Order>) => {
  const fail = (error: unknown) => self.postMessage({ is: 'failed', why: String(error) })
  if (data.is === 'live') live(data.first).catch(fail)
  else if (data.is === 'check') check().catch(fail)
  else measureSlab(data.rounds, data.perRound).then((samples) => self.postMessage({ is: 'measured', samples }), fail)
})
