import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createChannelPair } from '../adapters/memory/memory-channel.ts'
import { createMemoryNetwork } from '../adapters/memory/memory-network.ts'
import { createVirtualClock } from '../adapters/memory/virtual-clock.ts'
import { createDeviceSigner } from '../adapters/storage/device-signer.ts'
import { concatBytes, type Bytes } from '../core/bytes.ts'
import { type ErrorCode, codeOf } from '../core/errors.ts'
import type { Channel } from '../ports/network.ts'
import { createTrafficMeter } from './pace/traffic.ts'
import { createWire } from './wire.ts'

const ada = createDeviceSigner(new Uint8Array(32).fill(1)).peerId
const bob = createDeviceSigner(new Uint8Array(32).fill(2)).peerId

describe('frames', () => {
  it('[WIR2] come out as they went in, however the stream is cut into pieces', async () => {
    const lengths = fc.constantFrom(0, 1, 127, 128, 129, 1000)
    await fc.assert(
      fc.asyncProperty(fc.array(lengths, { minLength: 1, maxLength: 5 }), fc.integer({ min: 1, max: 1500 }), async (sizes, piece) => {
        const frames = sizes.map((size, at) => filled(size, at + 1))
        const stream = await streamOf(frames)
        const { raw, wire } = opened()
        for (let at = 0; at < stream.length; at += piece) await raw.write(stream.subarray(at, at + piece))
        await raw.close()
        for (const frame of frames) expect(await wire.readFrame(1000)).toEqual(frame)
        expect(await wire.readFrameOrEnd(1000)).toBeUndefined()
      }),
      { numRuns: 40 },
    )
  })

  it('[WIR2] begin with the version byte once in each direction, and lengths take seven bits a byte, the lowest first', async () => {
    expect(await streamOf([filled(0), filled(2, 9)])).toEqual(Uint8Array.of(1, 0, 2, 9, 9))
    expect((await streamOf([filled(200)])).subarray(0, 3)).toEqual(Uint8Array.of(1, 200, 1))
    expect((await streamOf([filled(16_383)])).subarray(0, 3)).toEqual(Uint8Array.of(1, 255, 127))
    expect((await streamOf([filled(65_536)])).subarray(0, 4)).toEqual(Uint8Array.of(1, 128, 128, 4))
  })

  it.each<readonly [string, readonly number[], ErrorCode]>([
    ['2^40 bytes', [1, 128, 128, 128, 128, 128, 32], 'wire-malformed'],
    ['one byte more than may come', [1, 101], 'wire-malformed'],
    ['a length of two bytes that is too much', [1, 128, 1], 'wire-malformed'],
    ['a length without end', [1, 128, 128, 128, 128], 'wire-malformed'],
    ['nothing, in two bytes', [1, 128, 0], 'wire-malformed'],
    ['five bytes, in a longer form than needed', [1, 133, 0, 1, 2, 3, 4, 5], 'wire-malformed'],
    ['five bytes, in three bytes', [1, 133, 128, 0, 1, 2, 3, 4, 5], 'wire-malformed'],
    ['another version', [2, 1, 7], 'format-unknown'],
    ['version 0', [0, 1, 7], 'format-unknown'],
  ])('[WIR3] a frame that announces %s drops the stream, and nothing behind it is read', async (_what, bytes, code) => {
    const { raw, wire } = opened()
    await raw.write(Uint8Array.from(bytes))
    expect(await outcome(wire.readFrame(100))).toBe(code)
    expect(await outcome(raw.read())).toBe('stream-closed')
    expect(await outcome(wire.readFrame(100))).toBe('stream-closed')
  })

  it('[WIR3] the longest frame that may come is taken', async () => {
    const { raw, wire } = opened()
    await raw.write(await streamOf([filled(100)]))
    expect(await wire.readFrame(100)).toEqual(filled(100))
  })

  it('[WIR7] the end of a stream between frames is an end, anywhere else the stream was cut', async () => {
    const stream = await streamOf([filled(3), filled(200)])
    for (let cut = 0; cut <= stream.length; cut++) {
      const { raw, wire } = opened()
      await raw.write(stream.subarray(0, cut))
      await raw.close()
      const isBetween = cut <= 1 || cut === 5 || cut === stream.length
      let last: Bytes | undefined | string = filled(0)
      while (last instanceof Uint8Array) last = await wire.readFrameOrEnd(1000).catch((error: unknown) => codeOf(error))
      expect([cut, last]).toEqual([cut, isBetween ? undefined : 'stream-closed'])
    }
  })

  it('[WIR7] a reader that awaits a frame is told that the far side has closed or gone', async () => {
    const closed = opened()
    const reading = outcome(closed.wire.readFrame(100))
    await closed.raw.close()
    expect(await reading).toBe('stream-closed')
    const reset = opened()
    const cut = outcome(reset.wire.readFrame(100))
    reset.raw.abort()
    expect(await cut).toBe('stream-closed')
    expect(await outcome(reset.wire.writeFrame(filled(1)))).toBe('stream-closed')
  })
})

describe('deadlines', () => {
  it('[WIR5] a frame that comes in a million single bytes costs no more than its bytes', async () => {
    const size = 1024 * 1024
    const head = [1, 128, 128, 64]
    let sent = 0
    const channel: Channel = {
      peer: ada,
      read: async () => Uint8Array.of(sent < head.length ? (head[sent++] ?? 0) : sent++ % 251),
      write: async () => undefined,
      close: async () => undefined,
      abort: () => undefined,
      watchArrivals: () => undefined,
    }
    const frame = await createWire(channel, createVirtualClock()).readFrame(size)
    expect(frame.length).toBe(size)
    expect(frame.findIndex((byte, at) => byte !== (at + head.length) % 251)).toBe(-1)
  })

  it.each([
    ['nothing', []],
    ['the version alone', [1]],
    ['half a length', [1, 128]],
  ])('[WIR5] who has said %s for 10 s is silent', async (_what, bytes) => {
    const { raw, wire, clock } = opened()
    const reading = settled(wire.readFrame(1000))
    await raw.write(Uint8Array.from(bytes))
    await clock.advance(9_999)
    expect(reading.outcome()).toBe('under way')
    await clock.advance(1)
    expect(reading.outcome()).toBe('holder-silent')
    expect(await outcome(raw.write(filled(1)))).toBe('stream-closed')
    expect(clock.waiting()).toBe(0)
  })

  it('[WIR5] a frame that has begun has 10 s more, or its length at 16 KiB/s', async () => {
    const cases = [
      { size: 100, ms: 10_000 },
      { size: 163_840, ms: 10_000 },
      { size: 262_144, ms: 16_000 },
    ]
    for (const { size, ms } of cases) {
      const { raw, wire, clock } = opened()
      const reading = settled(wire.readFrame(size))
      await clock.advance(9_000)
      await raw.write((await streamOf([filled(size)])).subarray(0, 20))
      await clock.advance(ms - 1)
      expect([size, reading.outcome()]).toEqual([size, 'under way'])
      await clock.advance(1)
      expect([size, reading.outcome()]).toEqual([size, 'holder-silent'])
    }
  })

  it('[WIR5] bytes that come in time are a frame, and leave no deadline behind', async () => {
    const { raw, wire, clock } = opened()
    const stream = await streamOf([filled(200)])
    const reading = settled(wire.readFrame(200))
    for (const byte of stream.subarray(0, 10)) {
      await raw.write(Uint8Array.of(byte))
      await clock.advance(900)
    }
    await raw.write(stream.subarray(10))
    await clock.advance(0)
    expect(reading.outcome()).toBe('done')
    expect(clock.waiting()).toBe(0)
  })

  it('[WIR5] a longer wait is granted where the conversation says so', async () => {
    const { wire, clock } = opened()
    const reading = settled(wire.readFrame(200, { waitMs: 60_000 }))
    await clock.advance(59_999)
    expect(reading.outcome()).toBe('under way')
    await clock.advance(1)
    expect(reading.outcome()).toBe('holder-silent')
  })

  it('[WIR5] who moves 4 KiB over any of its streams has as long again, and six times as long in all', async () => {
    const { network, other, clock } = await meeting()
    const reading = settled(createWire(await network.open(bob, '/a/1'), clock).readFrame(1000))
    const beside = await network.open(bob, '/b/1')
    void beside.read()
    for (let ms = 0; ms < 60_000; ms += 9_000) {
      await clock.advance(Math.min(9_000, 60_000 - ms) - 1)
      expect([ms, reading.outcome()]).toEqual([ms, 'under way'])
      other.send(4_096)
      await clock.advance(1)
    }
    await clock.advance(0)
    expect(reading.outcome()).toBe('holder-silent')
  })

  it('[WIR5] a trickle renews nothing, and what was written to a peer that takes it does', async () => {
    for (const { sent, bytes, end } of [
      { sent: 'by the far side', bytes: 4_095, end: 'holder-silent' },
      { sent: 'by this side', bytes: 4_096, end: 'under way' },
    ]) {
      const { network, other, clock } = await meeting()
      const reading = settled(createWire(await network.open(bob, '/a/1'), clock).readFrame(1000))
      const beside = await network.open(bob, '/b/1')
      await clock.advance(9_000)
      if (sent === 'by this side') await beside.write(new Uint8Array(bytes))
      else other.send(bytes)
      await clock.advance(1_000)
      expect([sent, reading.outcome()]).toEqual([sent, end])
    }
  })

  it('[WIR5] a far side that takes less than 16 KiB/s counts as silent too', async () => {
    const { raw, wire, clock } = opened()
    // The far side keeps 256 KiB unread and then makes the writer wait.
    const writing = settled(wire.writeFrame(filled(300_000)))
    await clock.advance(18_310)
    expect(writing.outcome()).toBe('under way')
    await clock.advance(1)
    expect(writing.outcome()).toBe('holder-silent')
    expect(await outcome(raw.read())).toBe('stream-closed')
  })

  it('[WIR5] a signal ends a wait at once with its own reason and drops the stream', async () => {
    const { raw, wire, clock } = opened()
    const stop = new AbortController()
    const reason = new Error('enough')
    const reading = wire.readFrame(100, { signal: stop.signal }).catch((error: unknown) => error)
    stop.abort(reason)
    expect(await reading).toBe(reason)
    expect(await outcome(raw.read())).toBe('stream-closed')
    expect(clock.waiting()).toBe(0)
  })
})

/** A stream between a side that speaks in bytes and one that reads frames. */
function opened() {
  const { near, far } = createChannelPair(ada, bob, { backPressure: 'reader', onBytes: () => undefined, onOver: () => undefined })
  const clock = createVirtualClock()
  return { raw: near, wire: createWire(far, clock), clock }
}

/** A peer whose traffic is metered and one that says nothing on `/a/1`, and on `/b/1` what a test has it send. */
async function meeting() {
  const world = createMemoryNetwork({ backPressure: 'none' })
  const clock = createVirtualClock()
  const { network } = createTrafficMeter(world.join(ada).network, clock)
  const far = world.join(bob).network
  const other = { send: (_bytes: number): void => undefined }
  far.handle('/a/1', () => new Promise(() => undefined), { maxInbound: 1 })
  far.handle(
    '/b/1',
    (channel) => {
      other.send = (bytes) => void channel.write(new Uint8Array(bytes))
      return new Promise(() => undefined)
    },
    { maxInbound: 1 },
  )
  return { network, other, clock }
}

/** Returns the bytes of a stream that carries `frames`. */
async function streamOf(frames: readonly Bytes[]): Promise<Bytes> {
  const { raw, wire } = opened()
  const written = Promise.all(frames.map((frame) => wire.writeFrame(frame))).then(() => wire.close())
  const pieces: Bytes[] = []
  for (let piece = await raw.read(); piece !== undefined; piece = await raw.read()) pieces.push(piece)
  await written
  return concatBytes(...pieces)
}

function filled(length: number, byte = 5): Bytes {
  return new Uint8Array(length).fill(byte)
}

function outcome(work: Promise<unknown>): Promise<string | undefined> {
  return work.then(
    () => 'done',
    (error: unknown) => codeOf(error),
  )
}

/** Watches `work` without waiting for it. */
function settled(work: Promise<unknown>): { outcome(): string | undefined } {
  let state: string | undefined = 'under way'
  void outcome(work).then((end) => (state = end))
  return { outcome: () => state }
}
