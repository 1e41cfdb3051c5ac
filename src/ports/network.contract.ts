import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { concatBytes, utf8, type Bytes } from '../core/bytes.ts'
import type { Channel, Network } from './network.ts'
import { codeOf, HoardError } from '../core/errors.ts'

/** Two peers that can reach each other, and how to end both. */
export interface NetworkPair {
  readonly a: Network
  readonly b: Network
  close(): Promise<void>
}

/** Checks every rule of `Network`; `open` makes two peers, not connected yet. */
export function networkContract(name: string, open: () => Promise<NetworkPair>): void {
  describe(`network contract: ${name}`, () => {
    let pair: NetworkPair
    beforeEach(async () => {
      pair = await open()
    })
    afterEach(() => pair.close())

    it('carries bytes both ways, in order, and ends each direction by itself', async () => {
      pair.b.handle('/test/1', echo, { maxInbound: 4 })
      const channel = await pair.a.open(pair.b.self, '/test/1')
      expect(channel.peer).toBe(pair.b.self)
      const sent = [utf8('one '), utf8('two '), utf8('three')]
      for (const part of sent) await channel.write(part)
      await channel.close()
      expect(new TextDecoder().decode(await readAll(channel))).toBe('one two three')
    })

    it('tells the handler who opened the stream', async () => {
      const seen = deferred<string>()
      pair.b.handle('/test/1', async (channel) => seen.resolve(channel.peer), { maxInbound: 4 })
      const channel = await pair.a.open(pair.b.self, '/test/1')
      expect(await seen.promise).toBe(pair.a.self)
      channel.abort()
    })

    it('carries more than the network buffers at once, unharmed', async () => {
      pair.b.handle('/test/1', echo, { maxInbound: 4 })
      const channel = await pair.a.open(pair.b.self, '/test/1')
      const received = readAll(channel)
      const part = new Uint8Array(64 * 1024)
      for (let number = 0; number < 40; number++) {
        part.fill(number)
        await channel.write(part)
      }
      await channel.close()
      const bytes = await received
      expect(bytes.length).toBe(40 * part.length)
      const isInOrder = Array.from({ length: 40 }, (_, number) => bytes[number * part.length]).every((byte, number) => byte === number)
      expect(isInOrder).toBe(true)
    })

    it('tells of bytes as they come, before anybody reads them, and of those that came before it was asked', async () => {
      const [first, second] = [deferred<number>(), deferred<number>()]
      const [came, mayRead] = [deferred<void>(), deferred<void>()]
      pair.b.handle(
        '/test/1',
        async (channel) => {
          const begun = await channel.read()
          let sum = 0
          channel.watchArrivals((bytes) => {
            sum += bytes
            if (sum === 5) first.resolve(sum)
            if (sum === 25) second.resolve(sum)
          })
          expect(begun?.length).toBe(5)
          came.resolve()
          await mayRead.promise
          expect((await channel.read())?.length).toBe(20)
        },
        { maxInbound: 4 },
      )
      const channel = await pair.a.open(pair.b.self, '/test/1')
      await channel.write(utf8('first'))
      await came.promise
      expect(await first.promise).toBe(5)
      await channel.write(new Uint8Array(20))
      expect(await second.promise).toBe(25)
      mayRead.resolve()
      channel.abort()
    })

    it('throws stream-closed on both ends after an abort', async () => {
      const failed = deferred<unknown>()
      pair.b.handle(
        '/test/1',
        (channel) =>
          channel
            .read()
            .then(() => channel.read())
            .then(failed.resolve, failed.resolve) as Promise<void>,
        { maxInbound: 4 },
      )
      const channel = await pair.a.open(pair.b.self, '/test/1')
      await channel.write(utf8('x'))
      channel.abort()
      expect(codeOf(await failed.promise)).toBe('stream-closed')
      expect(await codeOfRejection(channel.write(utf8('y')))).toBe('stream-closed')
      expect(await codeOfRejection(channel.read())).toBe('stream-closed')
    })

    it('ends the stream when the handler throws', async () => {
      pair.b.handle('/test/1', () => Promise.reject(new Error('handler failed')), { maxInbound: 4 })
      const channel = await pair.a.open(pair.b.self, '/test/1')
      expect(await codeOfRejection(channel.read())).toBe('stream-closed')
    })

    it('ends the stream when the handler returns, after what it wrote', async () => {
      pair.b.handle('/test/1', (channel) => channel.write(utf8('bye')), { maxInbound: 4 })
      const channel = await pair.a.open(pair.b.self, '/test/1')
      expect(new TextDecoder().decode(await readAll(channel))).toBe('bye')
    })

    it('refuses streams beyond maxInbound and takes them again when others have ended', async () => {
      const handlers: (() => void)[] = []
      pair.b.handle(
        '/test/1',
        async (channel) => {
          const ended = new Promise<void>((resolve) => handlers.push(resolve))
          await channel.write(utf8('here'))
          await ended
        },
        { maxInbound: 2 },
      )
      const first = await greeted(pair.a, pair.b)
      const second = await greeted(pair.a, pair.b)
      expect(await codeOfRejection(greeted(pair.a, pair.b))).toBe('stream-closed')
      for (const end of handlers) end()
      await Promise.all([readAll(first), readAll(second)])
      await greeted(pair.a, pair.b)
      for (const end of handlers) end()
    })

    it('throws stream-closed for a protocol that the other does not speak', async () => {
      expect(await codeOfRejection(pair.a.open(pair.b.self, '/nobody/1').then((channel) => channel.read()))).toBe('stream-closed')
    })

    it('rethrows the reason of a signal, before opening and while reading', async () => {
      const reason = new Error('changed my mind')
      await expect(pair.a.open(pair.b.self, '/test/1', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
      pair.b.handle('/test/1', (channel) => channel.read().then(() => undefined), { maxInbound: 4 })
      const channel = await pair.a.open(pair.b.self, '/test/1')
      const control = new AbortController()
      const reading = channel.read({ signal: control.signal })
      control.abort(reason)
      await expect(reading).rejects.toBe(reason)
      await channel.close()
    })

    it('shows the connection to both sides and tells those who watch', async () => {
      const told = deferred<void>()
      const stop = pair.b.watch(() => told.resolve())
      pair.b.handle('/test/1', echo, { maxInbound: 4 })
      const channel = await pair.a.open(pair.b.self, '/test/1')
      await told.promise
      stop()
      expect(pair.a.state().connections.find(({ peer }) => peer === pair.b.self)?.isDirect).toBe(true)
      expect(pair.b.state().connections.some(({ peer }) => peer === pair.a.self)).toBe(true)
      channel.abort()
    })

    it('ends a released connection on both sides, and connects anew when asked to', async () => {
      const told = deferred<void>()
      pair.b.handle('/test/1', echo, { maxInbound: 4 })
      const channel = await pair.a.open(pair.b.self, '/test/1')
      const isConnected = (from: Network, to: Network) => from.state().connections.some(({ peer }) => peer === to.self)
      const stop = pair.b.watch(() => {
        if (!isConnected(pair.b, pair.a)) told.resolve()
      })
      pair.a.release(pair.b.self)
      await told.promise
      stop()
      expect(await codeOfRejection(channel.read().then((bytes) => bytes ?? Promise.reject(new HoardError('stream-closed', {}))))).toBe(
        'stream-closed',
      )
      expect(isConnected(pair.a, pair.b)).toBe(false)
      pair.a.release(pair.b.self)
      const again = await pair.a.open(pair.b.self, '/test/1')
      expect(isConnected(pair.a, pair.b)).toBe(true)
      again.abort()
    })
  })
}

/** A promise and the function that resolves it. */
function deferred<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let settle: (value: T) => void = () => {}
  const promise = new Promise<T>((resolve) => (settle = resolve))
  return { promise, resolve: (value) => settle(value) }
}

async function echo(channel: Channel): Promise<void> {
  for (let part = await channel.read(); part; part = await channel.read()) await channel.write(part)
}

async function readAll(channel: Channel): Promise<Bytes> {
  const parts: Bytes[] = []
  for (let part = await channel.read(); part; part = await channel.read()) parts.push(part)
  return concatBytes(...parts)
}

async function greeted(from: Network, to: Network): Promise<Channel> {
  const channel = await from.open(to.self, '/test/1')
  await channel.read()
  return channel
}

async function codeOfRejection(promise: Promise<unknown>): Promise<string | undefined> {
  return promise.then(
    () => 'no error',
    (error: unknown) => codeOf(error) ?? String(error),
  )
}
