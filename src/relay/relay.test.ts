import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { createTestSwarm, freshKey, reachable, until, type TestRelay } from './swarm.rig.ts'
import { createRelay } from './relay.ts'
import { BusyPort } from '../adapters/node/busy-port.ts'

let swarm = createTestSwarm()
afterEach(async () => {
  await swarm.close()
  swarm = createTestSwarm()
})

test('/health names the relay, and /metrics counts who is there', async () => {
  const relay = await swarm.relay()
  const health = await read(relay, '/health')
  expect(health.type).toBe('application/json')
  expect(JSON.parse(health.text)).toEqual({ status: 'ok', peerId: /\/p2p\/(\w+)$/.exec(relay.address)?.[1] })

  const before = await read(relay, '/metrics')
  expect(before.type).toBe('text/plain; version=0.0.4; charset=utf-8')
  expect(before.text.split('\n').filter((line) => line.startsWith('#'))).toEqual([
    '# TYPE relay_circuit_bytes_total counter',
    '# TYPE relay_socket_bytes_total counter',
    '# TYPE relay_reservations gauge',
    '# TYPE relay_connections gauge',
    '# TYPE stun_requests_total counter',
  ])
  expect(figures(before.text)).toMatchObject({
    relay_circuit_bytes_total: 0,
    relay_reservations: 0,
    relay_connections: 0,
    stun_requests_total: 0,
  })

  const [a, b] = await Promise.all([swarm.peer([relay.address]), swarm.peer([relay.address])])
  await Promise.all([a, b].map(reachable))
  await ask(relay.running().stunPort ?? 0)
  const during = figures((await read(relay, '/metrics')).text)
  expect(during).toMatchObject({ relay_reservations: 2, relay_connections: 2, stun_requests_total: 1 })
  expect(during['relay_socket_bytes_total']).toBeGreaterThan(figures(before.text)['relay_socket_bytes_total'] ?? 0)

  // Peers that have gone lose their place: else thousands of closed pages would fill the relay.
  await b.control.close()
  while (figures((await read(relay, '/metrics')).text)['relay_connections'] !== 1);
  expect(figures((await read(relay, '/metrics')).text)['relay_reservations']).toBe(1)
})

test('a relay that starts again with its key is the same one, and its peers return', async () => {
  const relay = await swarm.relay()
  const peer = await swarm.peer([relay.address])
  await reachable(peer)
  await relay.stop()
  await until(peer.network, ({ relays }) => relays.every((one) => !one.isConnected))
  await relay.start()
  expect(relay.running().address).toBe(relay.address)
  await reachable(peer)
})

test('a busy port is named, for peers and for STUN, and nothing stays open', async () => {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const [tcp, udp] = [(server.address() as AddressInfo).port, socket.address().port]
  const options = { key: freshKey(), host: '127.0.0.1', port: 0 }
  await expect(createRelay({ ...options, port: tcp, stunPort: 0 })).rejects.toEqual(new BusyPort(tcp, 'peers', '--port'))
  await expect(createRelay({ ...options, stunPort: udp })).rejects.toEqual(new BusyPort(udp, 'STUN responder', '--stun-port'))

  // The STUN port of a start that failed is free again.
  socket.close()
  await once(socket, 'close')
  await expect(createRelay({ ...options, port: tcp, stunPort: udp })).rejects.toBeInstanceOf(BusyPort)
  const relay = await createRelay({ ...options, stunPort: udp })
  await relay.close()
  server.close()
})

test('announced addresses are the ones it is known by', async () => {
  const relay = await createRelay({ key: freshKey(), host: '127.0.0.1', port: 0, announce: ['/dns4/relay.example.org/tcp/443/tls/ws'] })
  expect(relay.address).toMatch(/^\/dns4\/relay\.example\.org\/tcp\/443\/tls\/ws\/p2p\/12D3Koo\w+$/)
  expect(relay.stunPort).toBeUndefined()
  await relay.close()
})

async function read(relay: TestRelay, path: string): Promise<{ readonly type: string | null; readonly text: string }> {
  const answer = await fetch(`http://127.0.0.1:${/\/tcp\/(\d+)\//.exec(relay.address)?.[1]}${path}`)
  expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store'])
  return { type: answer.headers.get('content-type'), text: await answer.text() }
}

function figures(text: string): Partial<Record<string, number>> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return Object.fromEntries(lines.map((line) => line.split(' ')).map(([name = '', value]) => [name, Number(value)]))
}

/** Asks the STUN responder once, and waits for its answer. */
async function ask(port: number): Promise<void> {
  const client = createSocket('udp4')
  const answered = once(client, 'message')
  client.send(Buffer.from('000100002112a442000000000000000000000001', 'hex'), port, '127.0.0.1')
  await answered
  client.close()
}
