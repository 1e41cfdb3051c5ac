import { expect, test } from 'vitest'
import { mendInitChannel } from './init-channel.ts'

class Channel extends EventTarget {
  readyState = 'connecting'
  close(): void {
    this.readyState = 'closed'
  }
}

/** Makes a class of its own for each test, because a class is mended once. */
function connect() {
  class Connection extends EventTarget {
    connectionState = 'connecting'
    createDataChannel(_label: string): Channel {
      return new Channel()
    }
  }
  mendInitChannel(Connection)
  const connection = new Connection()
  const channel = connection.createDataChannel('init')
  return { connection, channel, fail: (state: string) => end(connection, state) }
}

function end(connection: EventTarget & { connectionState: string }, state: string): void {
  connection.connectionState = state
  connection.dispatchEvent(new Event('connectionstatechange'))
}

/** Resolves with the first of the two events a dial waits for. */
function opening(channel: Channel): Promise<string> {
  return new Promise((resolve) => {
    for (const type of ['open', 'error']) channel.addEventListener(type, () => resolve(type))
  })
}

test('a dial whose connection is lost before its channel opens is told so', async () => {
  for (const state of ['closed', 'failed']) {
    const { channel, fail } = connect()
    const opened = opening(channel)
    fail(state)
    expect(await opened).toBe('error')
  }
})

test('a dial that looks after its connection was lost is told so as well', async () => {
  const { channel, fail } = connect()
  fail('closed')
  expect(await opening(channel)).toBe('error')
})

test('a channel that its far side has closed already counts as opened', async () => {
  const { channel } = connect()
  channel.readyState = 'closed'
  expect(await opening(channel)).toBe('open')
})

test('a channel that goes straight to closed counts as opened', async () => {
  const { channel } = connect()
  const opened = opening(channel)
  channel.readyState = 'closed'
  channel.dispatchEvent(new Event('close'))
  expect(await opened).toBe('open')
})

test('a channel that ends with its connection does not count as opened', async () => {
  const { connection, channel } = connect()
  const opened = opening(channel)
  connection.connectionState = 'closed'
  channel.readyState = 'closed'
  channel.dispatchEvent(new Event('close'))
  expect(await opened).toBe('error')
})

test('closing a channel that is closed tells whoever waits for it', async () => {
  const { channel } = connect()
  channel.readyState = 'closed'
  const closed = new Promise((resolve) => channel.addEventListener('close', resolve))
  channel.close()
  expect(await closed).toBeInstanceOf(Event)
})
