import { expect, test } from 'vitest'
import { createVirtualClock } from '../adapters/memory/virtual-clock.ts'
import { createDeviceSigner } from '../adapters/storage/device-signer.ts'
import type { Channel } from '../ports/network.ts'
import { createWire } from './wire.ts'

test('[WIR5] a frame that comes in a million single bytes costs no more than its bytes', async () => {
  const size = 1024 * 1024
  const head = [1, 128, 128, 64]
  let sent = 0
  const channel: Channel = {
    peer: createDeviceSigner(new Uint8Array(32)).peerId,
    read: async () => Uint8Array.of(sent < head.length ? (head[sent++] ?? 0) : sent++ % 251),
    write: async () => undefined,
    close: async () => undefined,
    abort: () => undefined,
  }
  const frame = await createWire(channel, createVirtualClock()).readFrame(size)
  expect(frame.length).toBe(size)
  expect(frame.findIndex((byte, at) => byte !== (at + head.length) % 251)).toBe(-1)
})
