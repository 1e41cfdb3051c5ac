import { expect, test } from 'vitest'
import { releaseClosedChannels } from './closed-channels.ts'

class FakeChannel extends EventTarget {
  onbufferedamountlow: unknown = null
  onclosing: unknown = null
  onerror: unknown = null
  onopen: unknown = null
  onmessage: (() => void) | null = null
  onclose: (() => void) | null = null
  constructor() {
    super()
    this.addEventListener('close', () => this.onclose?.())
  }
}

class FakeConnection extends EventTarget {}

function opened(connection: FakeConnection): FakeChannel {
  const channel = new FakeChannel()
  connection.dispatchEvent(Object.assign(new Event('datachannel'), { channel }))
  return channel
}

test('a channel that closed has told its stream so, and holds it no longer', () => {
  releaseClosedChannels(FakeConnection)
  releaseClosedChannels(FakeConnection)
  const connection = new FakeConnection()
  const [closed, open] = [opened(connection), opened(connection)]
  let told = 0
  for (const channel of [closed, open]) {
    channel.onmessage = () => {}
    channel.onclose = () => told++
  }
  closed.dispatchEvent(new Event('close'))
  expect(told).toBe(1)
  expect([closed.onmessage, closed.onclose]).toEqual([null, null])
  expect(open.onmessage).not.toBeNull()
})
