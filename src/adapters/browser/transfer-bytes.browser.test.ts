import { expect, it } from 'vitest'
import { freeBytes } from './transfer-bytes.ts'

it('takes the whole buffer away at once, whoever looks at a part of it; a second time does nothing', () => {
  const bytes = new Uint8Array(1024 * 1024)
  const part = bytes.subarray(100, 200)
  freeBytes(part)
  expect([bytes.length, part.length]).toEqual([0, 0])
  freeBytes(bytes)
})

it('takes away what came as a message', async () => {
  const { port1, port2 } = new MessageChannel()
  const received = new Promise<Uint8Array<ArrayBuffer>>((resolve) => (port2.onmessage = ({ data }) => resolve(data)))
  const bytes = new Uint8Array(1024 * 1024)
  port1.postMessage(bytes, [bytes.buffer])
  const came = await received
  expect(came.length).toBe(1024 * 1024)
  freeBytes(came)
  expect(came.length).toBe(0)
})
