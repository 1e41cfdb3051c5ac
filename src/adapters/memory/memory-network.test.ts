import { describe, expect, it } from 'vitest'
import { utf8 } from '../../core/bytes.ts'
import { peerIdOf } from '../../core/peer-id.ts'
import { networkContract } from '../../ports/network.contract.ts'
import { createLines } from './lines.ts'
import { createMemoryNetwork } from './memory-network.ts'
import { createVirtualClock } from './virtual-clock.ts'
import { codeOf } from '../../core/errors.ts'
import type { PeerId } from '../../core/ids.ts'

const ada = peerIdOf(new Uint8Array(32).fill(1))
const bob = peerIdOf(new Uint8Array(32).fill(2))

networkContract('memory', async () => {
  const world = createMemoryNetwork()
  return { a: world.join(ada).network, b: world.join(bob).network, close: async () => {} }
})

networkContract('memory without back-pressure', async () => {
  const world = createMemoryNetwork({ backPressure: 'none' })
  return { a: world.join(ada).network, b: world.join(bob).network, close: async () => {} }
})

describe('the levers of the memory network', () => {
  it('makes a writer wait for a slow reader', async () => {
    const world = createMemoryNetwork()
    const a = world.join(ada)
    const b = world.join(bob)
    let startReading = () => {}
    const started = new Promise<void>((resolve) => (startReading = resolve))
    b.network.handle(
      '/test/1',
      async (channel) => {
        await started
        while (await channel.read());
      },
      { maxInbound: 1 },
    )
    const channel = await a.network.open(bob, '/test/1')
    let isWritten = false
    const writing = channel.write(new Uint8Array(300_000)).then(() => (isWritten = true))
    for (let turn = 0; turn < 20; turn++) await Promise.resolve()
    expect(isWritten).toBe(false)
    startReading()
    await writing
    expect(isWritten).toBe(true)
  })

  it('cuts off a writer that does not wait', async () => {
    const world = createMemoryNetwork()
    const a = world.join(ada)
    world.join(bob).network.handle('/test/1', () => new Promise(() => {}), { maxInbound: 1 })
    const channel = await a.network.open(bob, '/test/1')
    const writes = Array.from({ length: 5 }, () => channel.write(new Uint8Array(1_200_000)))
    const results = await Promise.allSettled(writes)
    expect(results.every((result) => result.status === 'rejected' && codeOf(result.reason) === 'stream-closed')).toBe(true)
  })

  it('cuts off a flooder also where writes do not wait for the reader', async () => {
    const world = createMemoryNetwork({ backPressure: 'none' })
    const a = world.join(ada)
    world.join(bob).network.handle('/test/1', () => new Promise(() => {}), { maxInbound: 1 })
    const channel = await a.network.open(bob, '/test/1')
    let written = 0
    const error: unknown = await (async () => {
      for (; written < 100; written++) await channel.write(new Uint8Array(65_536))
    })().catch((cause: unknown) => cause)
    expect(codeOf(error)).toBe('stream-closed')
    expect(written).toBe(64)
  })

  it('resets the streams of a killed peer and makes it unreachable until it joins again', async () => {
    const world = createMemoryNetwork()
    const a = world.join(ada)
    world.join(bob).network.handle('/test/1', () => new Promise(() => {}), { maxInbound: 1 })
    const channel = await a.network.open(bob, '/test/1')
    world.kill(bob)
    expect(codeOf(await channel.read().catch((error: unknown) => error))).toBe('stream-closed')
    expect(a.network.state().connections).toEqual([])
    expect(codeOf(await a.network.open(bob, '/test/1').catch((error: unknown) => error))).toBe('peer-unreachable')
    world.join(bob).network.handle('/test/1', (again) => again.write(utf8('back')), { maxInbound: 1 })
    expect(await (await a.network.open(bob, '/test/1')).read()).toEqual(utf8('back'))
  })

  it('lets only protocols that allow it over a connection that is not direct', async () => {
    const world = createMemoryNetwork()
    const a = world.join(ada)
    const b = world.join(bob)
    world.connect(ada, bob, { isDirect: false })
    b.network.handle('/data/1', (channel) => channel.write(utf8('x')), { maxInbound: 1 })
    b.network.handle('/signals/1', (channel) => channel.write(utf8('x')), { maxInbound: 1, isRelayedAllowed: true })
    expect(codeOf(await a.network.open(bob, '/data/1').catch((error: unknown) => error))).toBe('peer-unreachable')
    expect(await (await a.network.open(bob, '/signals/1')).read()).toEqual(utf8('x'))
    expect(a.network.state().connections[0]?.isDirect).toBe(false)
  })

  it('keeps separated peers apart until they are connected again', async () => {
    const world = createMemoryNetwork()
    const a = world.join(ada)
    world.join(bob).network.handle('/test/1', (channel) => channel.write(utf8('x')), { maxInbound: 1 })
    world.separate(ada, bob)
    expect(codeOf(await a.network.open(bob, '/test/1').catch((error: unknown) => error))).toBe('peer-unreachable')
    world.connect(ada, bob)
    expect(await (await a.network.open(bob, '/test/1')).read()).toEqual(utf8('x'))
    expect(world.bytesSent(bob, ada)).toBe(1)
  })

  it('brings what a handler wrote last, however long the way, and then the end', async () => {
    const clock = createVirtualClock()
    const lines = createLines(clock)
    const world = createMemoryNetwork({ backPressure: 'none', lines })
    const a = world.join(ada)
    lines.set(bob, { up: 1_000, down: 1_000, delayMs: 50 })
    world.join(bob).network.handle('/test/1', (channel) => channel.write(utf8('x')), { maxInbound: 1 })
    const channel = await a.network.open(bob, '/test/1')
    const read: unknown[] = []
    void channel.read().then(async (bytes) => read.push(bytes, await channel.read()))
    await clock.advance(40)
    expect(read).toEqual([])
    await clock.advance(40)
    expect(read).toEqual([utf8('x'), undefined])
  })

  it('lets two meet only over a hop that both are connected with, where peers dial by hops', async () => {
    const world = createMemoryNetwork({ dialling: 'by hops' })
    const cyd = peerIdOf(new Uint8Array(32).fill(3))
    const [a, b] = [world.join(ada), world.join(bob)]
    world.join(cyd).network.handle('/test/1', (channel) => channel.write(utf8('x')), { maxInbound: 1 })
    const said = (hops: readonly PeerId[]) => a.network.open(cyd, '/test/1', { hops }).then(() => 'done', codeOf)
    world.connect(ada, bob)
    expect(await said([bob])).toBe('peer-unreachable')
    world.connect(bob, cyd)
    expect([await said([]), b.network.state().hops]).toEqual(['peer-unreachable', [ada, cyd]])
    expect(await said([bob])).toBe('done')
    expect(await said([])).toBe('done')
  })

  it('finds those who announced an id, and reaches relays by address', async () => {
    const world = createMemoryNetwork()
    const a = world.join(ada)
    const b = world.join(bob, { isRelay: true, address: '/memory/relay' })
    await b.directory.announce(new Uint8Array(32))
    const found = []
    for await (const peer of a.directory.find(new Uint8Array(32))) found.push(peer)
    expect(found).toEqual([bob])
    await a.control.addRelay('/memory/relay')
    expect(a.network.state().relays).toEqual([{ address: '/memory/relay', isConnected: true }])
    expect(codeOf(await a.control.addRelay('/memory/nobody').catch((error: unknown) => error))).toBe('relay-unreachable')
  })
})
