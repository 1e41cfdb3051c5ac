import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { expect, test } from 'vitest'
import { createDhtStore, type DhtStoreLimits } from './dht-store.ts'
import { createSampleSet } from './sample-set.ts'

type Key = Parameters<ReturnType<typeof createDhtStore>['put']>[0]
const keyOf = (text: string) => ({ toString: () => text }) as Key
const record = (id: string, peer: string) => keyOf(`/dht/provider/${id}/${peer}`)
const time = new Uint8Array(8)

test('[DIR3] identities that announce as much as they may do not push out one that announced little', () => {
  const store = storeOf({ providers: 4_096, providersPerPeer: 128 })
  const honest = record('id of a link', 'honest')
  void store.put(honest, time)
  for (let peer = 0; peer < 64; peer++) for (let at = 0; at < 128; at++) void store.put(record(`junk ${peer} ${at}`, `sybil ${peer}`), time)
  expect(store.has(honest)).toBe(true)
})

test('[DIR3] many identities of one network do not push out one of another, each with one announcement', () => {
  const store = storeOf({ providers: 1_024, providersPerPeer: 64, networkOf: (peer) => (peer.startsWith('sybil') ? '203.0.113' : peer) })
  for (let at = 0; at < 50; at++) void store.put(record(`honest ${at}`, `honest ${at}`), time)
  for (let peer = 0; peer < 20_000; peer++) void store.put(record(`junk ${peer}`, `sybil ${peer}`), time)
  expect(Array.from({ length: 50 }, (_, at) => store.has(record(`honest ${at}`, `honest ${at}`)))).toEqual(Array(50).fill(true))
})

test('[DIR3] announcements take so many bytes and no more, and one announcement is short', () => {
  const store = storeOf({ providers: 100, providersPerPeer: 10 })
  for (let peer = 0; peer < 100; peer++)
    for (let at = 0; at < 100; at++) void store.put(record(`id ${at} of ${peer}`, `peer ${peer}`), time)
  expect(store.bytes()).toBeLessThanOrEqual(100 * 192)
  expect(() => store.put(record('i'.repeat(300), 'peer'), time)).toThrow('too long')
  expect(() => store.put(keyOf('/dht/record/anything'), time)).toThrow('keeps no values')
})

test('[DIR3] a peer that announces too much forgets its own, and what this node announces itself stays', () => {
  const store = storeOf({ providers: 64, providersPerPeer: 16, self: 'me' })
  for (let at = 0; at < 32; at++) void store.put(record(`mine ${at}`, 'me'), time)
  for (let peer = 0; peer < 100; peer++) for (let at = 0; at < 20; at++) void store.put(record(`id ${at}`, `peer ${peer}`), time)
  expect(Array.from({ length: 32 }, (_, at) => store.has(record(`mine ${at}`, 'me')))).toEqual(Array(32).fill(true))
})

test('[DIR4] of those that announce one id the last has the same chance as the first, and saying it again changes nothing', async () => {
  let lastKept = 0
  for (let run = 0; run < 40; run++) {
    const store = storeOf({ providers: 4_096, providersPerPeer: 64 })
    for (let peer = 0; peer < 255; peer++) void store.put(record('id', `peer ${peer}`), time)
    const before = kept(store, 256)
    for (let again = 0; again < 4; again++) for (let peer = 0; peer < 255; peer++) void store.put(record('id', `peer ${peer}`), time)
    expect(kept(store, 256)).toEqual(before)
    void store.put(record('id', 'peer 255'), time)
    expect(kept(store, 256)).toHaveLength(128)
    if (store.has(record('id', 'peer 255'))) lastKept++
  }
  // Half of 40, plus or minus five standard deviations.
  expect(Math.abs(lastKept - 20)).toBeLessThanOrEqual(16)
})

test.each([
  ['IPv4 /24', '198.51.100'],
  ['IPv6 /48', '2001:db8:7'],
])('[DIR4] of one id, four of the same %s are kept beside all others', (_what, network) => {
  const store = storeOf({ providers: 4_096, providersPerPeer: 64, networkOf: (peer) => (peer.startsWith('sybil') ? network : peer) })
  for (let peer = 0; peer < 500; peer++) void store.put(record('id', `sybil ${peer}`), time)
  for (let peer = 0; peer < 8; peer++) void store.put(record('id', `honest ${peer}`), time)
  for (let peer = 500; peer < 1_000; peer++) void store.put(record('id', `sybil ${peer}`), time)
  const sybils = Array.from({ length: 1_000 }, (_, peer) => store.has(record('id', `sybil ${peer}`))).filter(Boolean)
  expect(sybils).toHaveLength(4)
  expect(Array.from({ length: 8 }, (_, peer) => store.has(record('id', `honest ${peer}`)))).toEqual(Array(8).fill(true))
})

test('[DIR4] an answer draws other names each time, nineteen at most, and none without a peer behind it', async () => {
  const store = storeOf({ providers: 4_096, providersPerPeer: 64 })
  const peers = await Promise.all(Array.from({ length: 60 }, (_, at) => peerOf(at)))
  for (const { text } of peers) void store.put(record('id', text), time)
  expect(await namesIn(store)).toEqual([])
  for (const { key } of peers) void store.put(key, new Uint8Array(100))
  const seen = new Set<string>()
  for (let turn = 0; turn < 60; turn++) {
    const names = await namesIn(store)
    expect(names).toHaveLength(19)
    for (const name of names) seen.add(name)
  }
  expect(seen.size).toBe(60)
})

test('[DIR5] the memory of peers is bounded, connected ones and those with announcements stay', async () => {
  const needed = new Set<string>()
  const store = storeOf({ providers: 64, providersPerPeer: 64, peers: 32, isNeeded: (peer) => needed.has(peer) })
  const peers = await Promise.all(Array.from({ length: 400 }, (_, at) => peerOf(at)))
  const [connected, announcing, ...others] = peers
  if (connected === undefined || announcing === undefined) throw new Error('two peers')
  needed.add(connected.text)
  void store.put(record('id', announcing.text), time)
  for (const { key } of [connected, announcing, ...others]) void store.put(key, new Uint8Array(100))
  expect([store.has(connected.key), store.has(announcing.key)]).toEqual([true, true])
  expect(peers.filter(({ key }) => store.has(key))).toHaveLength(32)
  expect(() => store.put(connected.key, new Uint8Array(10_000))).toThrow('too much about one peer')
  store.forget(announcing.text)
  expect(store.has(announcing.key)).toBe(true)
  void store.delete(announcing.key)
  expect(store.has(record('id', announcing.text))).toBe(false)
})

test('a sample is drawn at the cost of what is drawn, whatever the set has', () => {
  const set = createSampleSet<number>()
  for (let member = 0; member < 10_000; member++) set.add(member)
  for (let member = 0; member < 10_000; member += 2) set.delete(member)
  const drawn = set.draw(100)
  expect(new Set(drawn).size).toBe(100)
  expect(drawn.every((member) => member % 2 === 1)).toBe(true)
  expect([set.size, set.draw(20_000).length, set.has(1), set.has(2)]).toEqual([5_000, 5_000, true, false])
})

function storeOf(limits: DhtStoreLimits): ReturnType<typeof createDhtStore> {
  return createDhtStore(limits)
}

function kept(store: ReturnType<typeof createDhtStore>, count: number): number[] {
  return Array.from({ length: count }, (_, peer) => peer).filter((peer) => store.has(record('id', `peer ${peer}`)))
}

async function namesIn(store: ReturnType<typeof createDhtStore>): Promise<string[]> {
  const names: string[] = []
  for await (const { key } of store.query({ prefix: '/dht/provider/id' })) names.push(key.toString().split('/').at(-1) ?? '')
  return names
}

/** A peer by its text and by the key under which libp2p keeps it. */
async function peerOf(at: number): Promise<{ readonly text: string; readonly key: Key }> {
  const seed = new Uint8Array(32)
  new DataView(seed.buffer).setUint32(0, at)
  const peer = peerIdFromPrivateKey(await generateKeyPairFromSeed('Ed25519', seed))
  return { text: peer.toString(), key: keyOf(`/peers/${peer.toCID().toString()}`) }
}
