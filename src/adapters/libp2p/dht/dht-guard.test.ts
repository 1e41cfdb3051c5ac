import { identify } from '@libp2p/identify'
import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr'
import fc from 'fast-check'
import { createLibp2p } from 'libp2p'
import { afterEach, expect, test } from 'vitest'
import { concatBytes, type Bytes } from '../../../core/bytes.ts'
import { createFrameMeter } from '../channels/frame-meter.ts'
import { MAX_DHT_MESSAGE_BYTES } from './dht-guard.ts'
import { createTestSwarm, type TestRelay } from '../../../relay/swarm.rig.ts'

let swarm = createTestSwarm()
const strangers: Libp2p[] = []
afterEach(async () => {
  for (const node of strangers.splice(0)) await node.stop()
  await swarm.close()
  swarm = createTestSwarm()
})

const ADD_PROVIDER = 2
const GET_PROVIDERS = 3
const FIND_NODE = 4
const sha256Id = (fill: number) => concatBytes(Uint8Array.of(0x12, 0x20), new Uint8Array(32).fill(fill))

test('[DIR1] a stream ends at a message that is too long as soon as its length has come, also in small pieces', async () => {
  const { open } = await strangerAt(await swarm.relay())
  for (const length of [MAX_DHT_MESSAGE_BYTES + 1, 1_000_000, 2 ** 30]) {
    const stream = await open()
    for (const byte of varint(length)) stream.send(Uint8Array.of(byte))
    await ended(stream)
  }
})

test('[DIR2] ids are SHA-256 alone; others, values and the names of others end the stream', async () => {
  const { open, node } = await strangerAt(await swarm.relay())
  const own = { id: node.peerId.toMultihash().bytes, addresses: [address(1)] }
  const identity = concatBytes(Uint8Array.of(1, 0x55, 0, 200, 1), new Uint8Array(200))
  const other = { ...own, id: concatBytes(own.id.subarray(0, 6), new Uint8Array(32).fill(9)) }
  for (const message of [
    encoded({ type: ADD_PROVIDER, key: identity, providers: [own] }),
    encoded({ type: GET_PROVIDERS, key: identity }),
    encoded({ type: FIND_NODE, key: new Uint8Array(65) }),
    encoded({ type: ADD_PROVIDER, key: sha256Id(1), providers: [other] }),
    encoded({ type: 0, key: sha256Id(1) }),
    encoded({ type: 1, key: sha256Id(1) }),
  ]) {
    const stream = await open()
    stream.send(framed(message))
    await ended(stream)
  }
})

test('[DIR1] [DIR2] an answer fits and names eight short addresses at most, whatever many small messages announced', async () => {
  const relay = await swarm.relay()
  const [one, reader] = [await strangerAt(relay), await strangerAt(relay)]
  const stream = await one.open()
  for (let turn = 0; turn < 40; turn++) {
    const addresses = Array.from({ length: 40 }, (_, at) => address(turn * 40 + at))
    const long = multiaddr(`/dns4/${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(60)}.${'e'.repeat(60)}/tcp/1/ws`).bytes
    const provider = { id: one.node.peerId.toMultihash().bytes, addresses: [long, Uint8Array.of(255, 255), ...addresses] }
    stream.send(framed(encoded({ type: ADD_PROVIDER, key: sha256Id(turn), providers: [provider] })))
  }
  // The relay answers it after everything that came before it on the same stream.
  stream.send(framed(encoded({ type: FIND_NODE, key: sha256Id(1) })))
  await nextMessage(stream)
  const asking = await reader.open()
  asking.send(framed(encoded({ type: FIND_NODE, key: one.node.peerId.toMultihash().bytes })))
  const answer = await nextMessage(asking)
  expect(answer.length).toBeLessThanOrEqual(MAX_DHT_MESSAGE_BYTES)
  const told = Array.from({ length: 1_600 }, (_, at) => address(at)).filter((bytes) => includes(answer, bytes))
  expect(told.length).toBeGreaterThan(0)
  expect(told.length).toBeLessThanOrEqual(8)
})

test('[DIR1] a peer that floods with small messages loses its stream', async () => {
  const { open } = await strangerAt(await swarm.relay())
  const stream = await open()
  const message = framed(encoded({ type: FIND_NODE, key: sha256Id(1) }))
  stream.send(concatBytes(...Array.from({ length: 5_000 }, () => message)))
  await ended(stream)
})

test('[DIR1] frames are followed however their bytes are cut', () => {
  const frames = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 })
  fc.assert(
    fc.property(frames, fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1 }), (all, cuts) => {
      const bytes = concatBytes(...all.map(framed))
      const meter = createFrameMeter(300)
      let isTaken = true
      for (let at = 0, cut = 0; at < bytes.length; at += cuts[cut++ % cuts.length] ?? 1)
        isTaken &&= meter.takes(bytes.subarray(at, at + (cuts[cut % cuts.length] ?? 1)))
      return isTaken && !meter.takes(framed(new Uint8Array(301)))
    }),
  )
})

/** A program that speaks the DHT by hand. */
async function strangerAt(relay: TestRelay): Promise<{ readonly node: Libp2p; open(): Promise<Stream> }> {
  const node = await createLibp2p({
    transports: [webSockets()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionGater: { denyDialMultiaddr: () => false },
    services: { identify: identify() },
  })
  strangers.push(node)
  const connection: Connection = await node.dial(multiaddr(relay.address))
  return { node, open: () => connection.newStream('/scatterhoard/kad/1') }
}

function ended(stream: Stream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.status !== 'open') resolve()
    else stream.addEventListener('close', () => resolve())
  })
}

/** Resolves with the first whole message that comes. */
function nextMessage(stream: Stream): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    let bytes: Bytes = new Uint8Array()
    stream.addEventListener('close', () => reject(new Error('the stream has ended')))
    stream.addEventListener('message', ({ data }) => {
      bytes = concatBytes(bytes, data.subarray())
      const [low = 0, high = 0] = bytes
      const [head, length] = low < 128 ? [1, low] : [2, (low & 127) + high * 128]
      if (bytes.length >= head + length) resolve(bytes.subarray(head, head + length))
    })
  })
}

function address(at: number): Uint8Array {
  const made: Multiaddr = multiaddr(`/ip4/10.${at >> 16}.${(at >> 8) & 255}.${at & 255}/tcp/4001`)
  return made.bytes
}

/** The protobuf of a DHT message: type 1, key 2, providers 9 with id 1 and addresses 2. */
function encoded({
  type,
  key,
  providers = [],
}: {
  type: number
  key: Uint8Array
  providers?: { id: Uint8Array; addresses: Uint8Array[] }[]
}): Bytes {
  const infos = providers.map(({ id, addresses }) => field(9, concatBytes(field(1, id), ...addresses.map((one) => field(2, one)))))
  return concatBytes(Uint8Array.of(0x08, type), field(2, key), ...infos)
}

function field(number: number, bytes: Uint8Array): Bytes {
  return concatBytes(Uint8Array.of(number * 8 + 2), varint(bytes.length), bytes)
}

function framed(message: Uint8Array): Bytes {
  return concatBytes(varint(message.length), message)
}

function varint(value: number): Bytes {
  const bytes: number[] = []
  for (let left = value; ; left = Math.floor(left / 128)) {
    if (left < 128) return Uint8Array.from([...bytes, left])
    bytes.push((left % 128) + 128)
  }
}

function includes(bytes: Uint8Array, part: Uint8Array): boolean {
  return Buffer.from(bytes).includes(Buffer.from(part))
}
