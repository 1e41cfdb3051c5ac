import { createSocket, type Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { addressBytes } from './address-bytes.ts'
import { createRateLimit } from './rate-limit.ts'
import { answerBinding } from './stun.ts'

/** A STUN responder that listens. */
export interface StunServer {
  readonly port: number
  /** Binding requests answered so far. */
  requests(): number
  close(): Promise<void>
}

/**
 * Answers STUN binding requests on `host`:`port` (0 = any free one), so that peers learn their public address without a third party.
 * @throws the system's error, `code` 'EADDRINUSE' when the port is taken
 */
export async function startStunServer(host: string, port: number): Promise<StunServer> {
  const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4' })
  const limit = createRateLimit({ perSecond: 20, burst: 100 })
  let requests = 0
  socket.on('message', (request, from) => {
    if (!limit.allows(from.address, Date.now())) return
    const address = addressBytes(from.address)
    const answer = address === undefined ? undefined : answerBinding(request, { address, port: from.port })
    if (answer === undefined) return
    requests++
    // Clients ask again for lost answers; a failed send must not end the relay.
    socket.send(answer, from.port, from.address, () => {})
  })
  await bind(socket, host, port)
  socket.on('error', () => {})
  return {
    port: socket.address().port,
    requests: () => requests,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  }
}

function bind(socket: Socket, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.bind(port, host, () => {
      socket.off('error', reject)
      resolve()
    })
  })
}
