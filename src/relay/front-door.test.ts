import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { freshKey } from './swarm.rig.ts'
import { createRelay, type RunningRelay } from './relay.ts'

const BURST = 60
const MAX_SOCKETS = 64
const HOUSEHOLD = '203.0.113.7'
const closing: (() => unknown)[] = []

beforeEach(() => {
  // Only the rate of each host is measured on this clock; libp2p keeps the real timers.
  vi.useFakeTimers({ toFake: ['Date'] })
})
afterEach(async () => {
  vi.useRealTimers()
  for (const close of closing.splice(0).toReversed()) await close()
})

test('a public host opens so many WebSockets at once, so many a second, and so many in all', async () => {
  const port = await start()
  const opened = await openMany(port, BURST + 10, HOUSEHOLD)
  expect(opened.filter(({ status }) => status === 101)).toHaveLength(BURST)
  expect(opened.filter(({ status }) => status === 429)).toHaveLength(10)
  // Another host is not affected.
  expect((await open(port, '203.0.113.8')).status).toBe(101)
  vi.setSystemTime(Date.now() + 60_000)
  const more = await openMany(port, 10, HOUSEHOLD)
  expect(more.filter(({ status }) => status === 101)).toHaveLength(MAX_SOCKETS - BURST)
  opened[0]?.socket.destroy()
  // The relay notices the closed socket a little later.
  while ((await open(port, HOUSEHOLD)).status !== 101);
})

test.each(['127.0.0.1', '::1', '10.0.0.9', '192.168.1.20', 'fd00::7', 'fe80::1'])(
  '%s opens as many WebSockets as it likes',
  async (host) => {
    const port = await start()
    const opened = await openMany(port, MAX_SOCKETS + 10, host)
    expect(opened.map(({ status }) => status)).toEqual(opened.map(() => 101))
  },
)

test('behind a proxy the last host it names counts, whatever the client said before', async () => {
  const port = await start()
  const opened = await openMany(port, BURST + 1, (at) => `10.0.0.${at}, 198.51.100.${at}, ${HOUSEHOLD}`)
  expect(opened.filter(({ status }) => status === 429)).toHaveLength(1)
})

test('the addresses of one IPv6 household count together', async () => {
  const port = await start()
  const opened = await openMany(port, BURST + 1, (at) => `2001:db8:1:2::${at.toString(16)}`)
  expect(opened.filter(({ status }) => status === 429)).toHaveLength(1)
})

test.each([
  ['an IPv4 /24', (at: number) => `203.0.113.${at % 256}`],
  ['an IPv6 /48', (at: number) => `2001:db8:7:${at.toString(16)}::1`],
])('the hosts of %s together have no more than 512 sockets', async (_what, hostAt) => {
  const port = await start()
  const opened = await openMany(port, 520, hostAt)
  expect(opened.filter(({ status }) => status === 429)).toHaveLength(8)
  expect((await open(port, '198.51.100.7')).status).toBe(101)
})

test('requests that make no sense are answered or cut, and the relay goes on', async () => {
  const port = await start()
  const lines = ['GET // HTTP/1.1', 'GET http://[ HTTP/1.1', 'GET /%ff HTTP/1.1', 'GET * HTTP/1.1', 'OPTIONS * HTTP/1.1', 'nonsense']
  for (const line of lines) {
    const answer = await sayRaw(port, `${line}\r\nhost: relay\r\nconnection: close\r\n\r\n`)
    expect(answer, line).toMatch(/^HTTP\/1\.1 40[04] /)
  }
  for (const [method, path, status] of [
    ['POST', '/health', 404],
    ['GET', '/health/', 404],
    ['GET', '/relay.key', 404],
    ['GET', '/health?x', 200],
    ['HEAD', '/metrics', 200],
  ] as const) {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method })
    expect([method, path, answer.status]).toEqual([method, path, status])
  }
})

test('a client that is refused and cuts the line does not end the relay', async () => {
  const port = await start()
  await openMany(port, BURST, HOUSEHOLD)
  for (let count = 0; count < 20; count++) {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    socket.write(upgradeOf(HOUSEHOLD))
    socket.resetAndDestroy()
  }
  expect((await open(port, HOUSEHOLD)).status).toBe(429)
})

async function start(): Promise<number> {
  const relay: RunningRelay = await createRelay({ key: freshKey(), port: 0, host: '127.0.0.1' })
  closing.push(() => relay.close())
  return Number(/\/tcp\/(\d+)\//.exec(relay.address)?.[1])
}

/** Opens one WebSocket after another, as a proxy that stands for `host`; they stay open. */
async function openMany(port: number, count: number, host: string | ((at: number) => string)) {
  const opened: Awaited<ReturnType<typeof open>>[] = []
  for (let at = 1; at <= count; at++) opened.push(await open(port, typeof host === 'string' ? host : host(at)))
  return opened
}

async function open(port: number, host: string): Promise<{ readonly status: number | undefined; readonly socket: Socket }> {
  const asked = request({ port, host: '127.0.0.1', agent: false, headers: upgradeHeaders(host) })
  const answered = Promise.race([once(asked, 'upgrade'), once(asked, 'response')])
  asked.end()
  const [answer] = (await answered) as [IncomingMessage]
  closing.push(() => answer.socket.destroy())
  return { status: answer.statusCode, socket: answer.socket }
}

function upgradeHeaders(host: string) {
  return {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': Buffer.alloc(16).toString('base64'),
    'x-forwarded-for': host,
  }
}

function upgradeOf(host: string): string {
  const headers = Object.entries(upgradeHeaders(host)).map(([name, value]) => `${name}: ${value}\r\n`)
  return `GET / HTTP/1.1\r\nhost: relay\r\n${headers.join('')}\r\n`
}

async function sayRaw(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  closing.push(() => socket.destroy())
  let answer = ''
  socket.on('data', (bytes) => (answer += bytes.toString()))
  socket.end(text)
  await once(socket, 'close')
  return answer
}
