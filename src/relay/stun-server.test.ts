import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { afterEach, expect, test } from 'vitest'
import { fromHex, hex } from '../core/bytes.ts'
import { startStunServer, type StunServer } from './stun-server.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

test('a client learns its own address', async () => {
  const { server, client } = await start()
  const answer = await ask(client, server, request(1))
  const { port } = client.address()
  const xored = (port ^ 0x2112).toString(16).padStart(4, '0')
  // 127.0.0.1 XORed with the magic cookie.
  expect(hex(answer.subarray(20))).toBe(`002000080001${xored}5e12a443`)
  expect(server.requests()).toBe(1)
})

test('datagrams that are no request get no answer, and do not stop it', async () => {
  const { server, client } = await start()
  const malformed = [
    new Uint8Array(),
    new Uint8Array(19),
    new Uint8Array(1_400).fill(255),
    request(1).subarray(0, 18),
    request(1, '00010001'),
  ]
  for (const datagram of malformed) client.send(datagram, server.port, '127.0.0.1')
  // Loopback keeps the order, so an answer to any of them would come first.
  const answer = await ask(client, server, request(2))
  expect(hex(answer.subarray(8, 20))).toBe(hex(request(2).subarray(8, 20)))
  expect(server.requests()).toBe(1)
})

test('clients on this machine have no limit', async () => {
  const { server, client } = await start()
  for (let count = 0; count < 300; count++) await ask(client, server, request(count))
  expect(server.requests()).toBe(300)
})

test('a taken port is said, as the system says it', async () => {
  const { server } = await start()
  await expect(startStunServer('127.0.0.1', server.port)).rejects.toMatchObject({ code: 'EADDRINUSE' })
})

async function start(): Promise<{ readonly server: StunServer; readonly client: Socket }> {
  const server = await startStunServer('127.0.0.1', 0)
  closing.push(() => server.close())
  const client = createSocket('udp4')
  closing.push(() => client.close())
  client.bind(0, '127.0.0.1')
  await once(client, 'listening')
  return { server, client }
}

async function ask(client: Socket, server: StunServer, datagram: Uint8Array): Promise<Uint8Array> {
  const answered = once(client, 'message')
  client.send(datagram, server.port, '127.0.0.1')
  const [answer] = (await answered) as [Uint8Array]
  return answer
}

/** Returns a binding request with its own transaction. */
function request(transaction: number, attributes = ''): Uint8Array {
  const length = (attributes.length / 2).toString(16).padStart(4, '0')
  return fromHex(`0001${length}2112a442${transaction.toString(16).padStart(24, '0')}${attributes}`)
}
