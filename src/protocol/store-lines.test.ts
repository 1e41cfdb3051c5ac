import { expect, it } from 'vitest'
import { createMemoryNetwork } from '../adapters/memory/memory-network.ts'
import { createVirtualClock } from '../adapters/memory/virtual-clock.ts'
import { createDeviceSigner } from '../adapters/storage/device-signer.ts'
import type { Bytes } from '../core/bytes.ts'
import { HoardError, codeOf } from '../core/errors.ts'
import type { Network } from '../ports/network.ts'
import { refused } from './refusal.ts'
import { handleShard } from './shard.ts'
import type { ShardHost } from './shard-messages.ts'
import { createStoreLines } from './store-lines.ts'

const few = Uint8Array.of(1, 2, 3)
const offer = { descriptor: few, charter: few, index: 7 }
const LENGTH = 300_000

it('[STO7] many stores go over one stream, one after the other, refusals and shards that are kept already between them', async () => {
  const { store, streams, answerNext, written } = rigged()
  for (const answer of ['wanted', 'wanted', 'kept', 'FULL', 'wanted'] as const) {
    answerNext(answer)
    expect(await store()).toBe(answer === 'FULL' ? 'holder-refused' : 'claim')
  }
  expect([streams(), written()]).toEqual([1, 3 * LENGTH])
})

it('[STO7] stores at once have a stream each, of which two lie ready afterwards', async () => {
  const { store, streams } = rigged()
  expect(await Promise.all([store(), store(), store()])).toEqual(['claim', 'claim', 'claim'])
  expect(await Promise.all([store(), store()])).toEqual(['claim', 'claim'])
  expect(streams()).toBe(3)
  await Promise.all([store(), store(), store()])
  expect(streams()).toBe(4)
})

it('[STO7] a stream that lay idle for 30 s is ended by who stores, and one that the holder ended is not missed', async () => {
  const { store, streams, clock, cut, openStreams } = rigged()
  await store()
  await clock.advance(29_999)
  await store()
  expect(streams()).toBe(1)
  await clock.advance(30_000)
  expect(openStreams()).toBe(0)
  await store()
  cut()
  expect(await store()).toBe('claim')
  expect(streams()).toBe(3)
  await clock.advance(30_000)
  expect(clock.waiting()).toBe(0)
})

it('[STO6] a stream is not used again after a store went wrong on it', async () => {
  const { store, streams, answerNext } = rigged()
  answerNext('breaks')
  expect(await store()).toBe('holder-refused')
  expect(await store()).toBe('claim')
  expect(streams()).toBe(2)
})

type Answer = 'wanted' | 'kept' | 'FULL' | 'breaks'

/** A holder that answers as told, and lines to it. */
function rigged() {
  const memory = createMemoryNetwork({ backPressure: 'none' })
  const [owner, holder] = [2, 3].map((seed) => memory.join(createDeviceSigner(new Uint8Array(32).fill(seed)).peerId).network)
  if (!owner || !holder) throw new Error('two peers')
  const clock = createVirtualClock()
  let next: Answer = 'wanted'
  let written = 0
  let opened = 0
  let open = 0
  const none = async (): Promise<never> => {
    throw new HoardError('not-found')
  }
  const host: ShardHost = {
    describe: none,
    has: none,
    read: none,
    admit: async () => {
      const answer = next
      next = 'wanted'
      if (answer === 'FULL') throw refused('FULL')
      if (answer === 'kept') return { is: 'kept', claim: few }
      return {
        is: 'wanted',
        from: 0,
        length: LENGTH,
        signal: new AbortController().signal,
        write: async (bytes) => {
          if (answer === 'breaks') throw new HoardError('storage-full')
          written += bytes.length
        },
        finish: async () => few,
        release: () => undefined,
      }
    },
  }
  const counting: Network = {
    ...holder,
    handle: (protocol, handle, options) =>
      holder.handle(
        protocol,
        async (channel) => {
          opened++
          open++
          await handle(channel).finally(() => open--)
        },
        options,
      ),
  }
  handleShard(counting, clock, host)
  const lines = createStoreLines(owner, clock)
  const store = async (): Promise<string> => {
    try {
      const turn = await lines.ask(holder.self, offer)
      if (turn.is === 'kept') return claimOf(turn.claim)
      await turn.send(new Uint8Array(LENGTH))
      return claimOf(await turn.finish())
    } catch (error) {
      return codeOf(error) ?? 'bug'
    }
  }
  return {
    store,
    clock,
    answerNext: (answer: Answer) => (next = answer),
    cut: () => memory.disconnect(owner.self, holder.self),
    streams: () => opened,
    openStreams: () => open,
    written: () => written,
  }
}

function claimOf(bytes: Bytes): string {
  return bytes.length === few.length ? 'claim' : 'other bytes'
}
