import { describe, expect, it } from 'vitest'
import { createMemoryNetwork } from '../adapters/memory/memory-network.ts'
import { createVirtualClock } from '../adapters/memory/virtual-clock.ts'
import { createDeviceSigner } from '../adapters/storage/device-signer.ts'
import { concatBytes, equalBytes, type Bytes } from '../core/bytes.ts'
import { HoardError, codeOf } from '../core/errors.ts'
import { handleShard } from './shard.ts'
import type { Admission, ShardHost } from './shard-messages.ts'
import { askToStore, type StoreExchange } from './store-shard.ts'

const few = Uint8Array.of(0xaa, 0xbb)
const request = { descriptor: few, charter: few, index: 7 }
const shard = Uint8Array.from({ length: 2_000_000 }, (_, at) => at % 251)

describe('a store', () => {
  it('[STO1] brings every byte in order, and the claim comes when the holder is done', async () => {
    const { ask, disk } = rigged()
    const turn = wanted(await ask())
    await turn.send(shard.subarray(0, 700_001))
    await turn.send(shard.subarray(700_001))
    expect(await turn.finish()).toEqual(few)
    expect(equalBytes(concatBytes(...disk.written), shard)).toBe(true)
    expect(disk.released()).toBe(1)
  })

  it('[STO2] goes on where the holder has got to, also when that is the end', async () => {
    for (const from of [1, 262_144, shard.length]) {
      const { ask, disk } = rigged({ from })
      const turn = wanted(await ask())
      expect(turn.from).toBe(from)
      await turn.send(shard.subarray(from))
      expect(await turn.finish()).toEqual(few)
      expect(equalBytes(concatBytes(...disk.written), shard.subarray(from))).toBe(true)
    }
  })

  it('[STO3] has at most two frames of 16,384 bytes under way while nothing is known of the disk', async () => {
    const { ask, disk, net } = rigged({ isSlow: true })
    const turn = wanted(await ask())
    const before = net.sent()
    const sending = turn.send(shard)
    await net.settle()
    expect(net.sent() - before).toBeLessThanOrEqual(2 * (16_384 + 3))
    expect(net.sent() - before).toBeGreaterThan(16_384)
    disk.hurry()
    await sending
    expect(await turn.finish()).toEqual(few)
  })

  it('[STO4] is acknowledged after every frame, and only what is on disk', async () => {
    const acknowledged: number[] = []
    const { ask, disk } = rigged()
    const turn = wanted(await ask((offset) => acknowledged.push(offset - sizeOf(disk.written))))
    await turn.send(shard)
    await turn.finish()
    expect(acknowledged.length).toBe(disk.written.length + 1)
    expect(Math.max(...disk.written.map((frame) => frame.length))).toBe(131_072)
    expect(acknowledged.every((ahead) => ahead <= 0)).toBe(true)
  })

  it.each([
    ['the next frame', { isSlow: true }, 30_000],
    ['the check', { isNeverDone: true }, 60_000],
  ])('[STO5] gives a holder its time for %s and no more', async (_what, options, ms) => {
    const { ask, net } = rigged(options)
    const turn = wanted(await ask())
    let end: string | undefined = 'under way'
    const sending = turn.send(shard).then(() => turn.finish())
    void sending.catch((error: unknown) => (end = codeOf(error)))
    await net.settle()
    await net.clock.advance(ms - 1)
    expect(end).toBe('under way')
    await net.clock.advance(1)
    expect(end).toBe('holder-silent')
  })

  it('[STO5] gives who stores 30 s for the next frame, and its place is free again', async () => {
    const { ask, disk, net } = rigged()
    const turn = wanted(await ask())
    await turn.send(shard.subarray(0, 10))
    await net.settle()
    await net.clock.advance(29_999)
    expect(disk.released()).toBe(0)
    await net.clock.advance(1)
    expect(disk.released()).toBe(1)
  })

  it('[STO6] that is refused in the middle or at the end is told so, with what was under way taken first', async () => {
    for (const failsAt of ['write', 'finish'] as const) {
      const { ask, disk } = rigged({ failsAt })
      const turn = wanted(await ask())
      const error = await turn
        .send(shard)
        .then(() => turn.finish())
        .catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ code: 'holder-refused', facts: { refusal: failsAt === 'write' ? 'FULL' : 'BAD-REQUEST' } })
      expect(disk.released()).toBe(1)
    }
  })
})

/** A holder whose disk behaves as told, and a way to store the shard there. */
function rigged(options: { from?: number; isSlow?: boolean; isNeverDone?: boolean; failsAt?: 'write' | 'finish' } = {}) {
  const { from = 0, isSlow = false, isNeverDone = false, failsAt } = options
  const memory = createMemoryNetwork({ backPressure: 'none' })
  const [owner, holder] = [2, 3].map((seed) => memory.join(createDeviceSigner(new Uint8Array(32).fill(seed)).peerId).network)
  if (!owner || !holder) throw new Error('two peers')
  const clock = createVirtualClock()
  const written: Bytes[] = []
  let released = 0
  let hurry = (): void => undefined
  const ready = isSlow ? new Promise<void>((resolve) => (hurry = resolve)) : Promise.resolve()
  const admission: Admission = {
    is: 'wanted',
    from,
    length: shard.length,
    signal: new AbortController().signal,
    write: async (bytes) => {
      await ready
      if (failsAt === 'write' && sizeOf(written) > 500_000) throw new HoardError('storage-full')
      written.push(new Uint8Array(bytes))
    },
    finish: async () => {
      if (isNeverDone) await new Promise(() => undefined)
      if (failsAt === 'finish') throw new HoardError('shard-damaged')
      return few
    },
    release: () => void released++,
  }
  const none = async (): Promise<never> => {
    throw new HoardError('not-found')
  }
  const host: ShardHost = { describe: none, has: none, read: none, admit: async () => admission }
  handleShard(holder, clock, host)
  const sent = (): number => memory.bytesSent(owner.self, holder.self)
  /** Resolves once nothing more moves before the clock does. */
  const settle = async (): Promise<void> => {
    for (let before = -1; before !== sent();) {
      before = sent()
      for (let turn = 0; turn < 10; turn++) await clock.advance(0)
    }
  }
  return {
    ask: (onAcknowledged?: (offset: number) => void) => askToStore(owner, clock, holder.self, request, { onAcknowledged }),
    disk: { written, released: () => released, hurry: () => hurry() },
    net: { clock, sent, settle },
  }
}

function wanted(turn: StoreExchange): Extract<StoreExchange, { is: 'wanted' }> {
  if (turn.is !== 'wanted') throw new Error('the holder has it already')
  return turn
}

function sizeOf(pieces: readonly Bytes[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0)
}
