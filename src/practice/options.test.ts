import { createSocket } from 'node:dgram'
import { createServer, type AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { parsePracticeOptions } from './options.ts'
import { freeTcpPort, freeUdpPort } from './ports.ts'
import { parseServeOptions } from './serve-options.ts'
import { PRACTICE_OFFER_BYTES, readPracticePolicy } from './swarm.ts'
import { BusyPort } from '../adapters/node/busy-port.ts'

test('options win over the environment, and the environment over what is usual', () => {
  expect(parsePracticeOptions([], {})).toMatchObject({ port: 4173, relayPort: 9090, stunPort: 3478, peers: 12, isFresh: false })
  const ours = { RELAY_PORT: '2', STUN_PORT: '3', PEERS: '4', POLICY: 'practice-fast', DATA: '/here' }
  const env = { PORT: '1', ...Object.fromEntries(Object.entries(ours).map(([name, value]) => [`SCATTERHOARD_${name}`, value])) }
  const fromEnv = { port: 1, relayPort: 2, stunPort: 3, peers: 4, policy: 'practice-fast', dataFolder: '/here' }
  expect(parsePracticeOptions([], env)).toMatchObject(fromEnv)
  expect(parsePracticeOptions(['--port', '0', '--peers', '7', '--fresh'], env)).toMatchObject({
    ...fromEnv,
    port: 0,
    peers: 7,
    isFresh: true,
  })
})

test('names in the environment that other programs use as well are not read', () => {
  const others = { RELAY_PORT: '2', STUN_PORT: '3', PEERS: '4', POLICY: 'practice-fast', DATA: '/home/me/photos' }
  expect(parsePracticeOptions(['--fresh'], others)).toEqual({ ...(parsePracticeOptions(['--fresh'], {}) as object) })
})

test('a wrong option is named in a sentence', () => {
  for (const args of [['--port', '65536'], ['--port', 'x'], ['--peers', '-1'], ['--peers', '1e9'], ['--nonsense'], ['stray']]) {
    expect(typeof parsePracticeOptions(args, {})).toBe('string')
  }
})

test('the server of the built app takes its options, and says in a sentence what is wrong with them', () => {
  expect(parseServeOptions([], { PORT: '5000' })).toMatchObject({ port: 5000, host: '127.0.0.1' })
  expect(parseServeOptions(['--port', '0', '--network', 'n.json', '--folder', '/app'], {})).toEqual({
    port: 0,
    host: '127.0.0.1',
    folder: '/app',
    networkFile: 'n.json',
  })
  for (const args of [['--port', 'abc'], ['--port', '65536'], ['--port', '-1'], ['--bad'], ['stray']]) {
    expect(typeof parseServeOptions(args, {})).toBe('string')
  }
})

test('a busy port is named, and port 0 is a free one', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const socket = createSocket('udp4')
  await new Promise<void>((resolve) => socket.bind(0, resolve))
  const [tcp, udp] = [(server.address() as AddressInfo).port, socket.address().port]
  await expect(freeTcpPort(tcp, 'app', '--port')).rejects.toThrow(BusyPort)
  await expect(freeTcpPort(tcp, 'app', '--port')).rejects.toThrow(`Port ${tcp}, for the app, is in use. Choose another with --port.`)
  await expect(freeUdpPort(udp, 'STUN responder', '--stun-port')).rejects.toThrow(BusyPort)
  expect(await freeTcpPort(0, 'app', '--port')).toBeGreaterThan(0)
  expect(await freeUdpPort(0, 'STUN responder', '--stun-port')).toBeGreaterThan(0)
  await new Promise((resolve) => server.close(resolve))
  socket.close()
})

test('in the practice swarm everybody may use all that is offered', async () => {
  for (const policy of [undefined, 'practice-fast']) {
    expect((await readPracticePolicy(policy)).ledger).toEqual({ newcomerBytes: PRACTICE_OFFER_BYTES, newcomersShare: 1 })
  }
})
