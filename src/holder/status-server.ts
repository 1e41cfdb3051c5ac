import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isLoopbackHost } from '../adapters/node/loopback-host.ts'
import type { Peer } from '../peer/index.ts'

/** A status page that is being served. */
export interface StatusServer {
  /** Its full address. */
  readonly url: string
  close(): void
}

/**
 * Serves `GET /status` of `peer` on the loopback address, to requests that name this machine.
 * @throws the system's EADDRINUSE error when `port` is taken
 */
export async function serveStatus(peer: Peer, port: number): Promise<StatusServer> {
  const server = createServer((request, response) => {
    if (!isLoopbackHost(request.headers.host)) {
      response
        .writeHead(403, { 'Content-Type': 'text/plain; charset=utf-8' })
        .end('This page is for this machine alone: ask for it by localhost.\n')
      return
    }
    if (request.method !== 'GET' || request.url !== '/status') {
      response.writeHead(404).end()
      return
    }
    statusOf(peer)
      .then((status) => response.setHeader('Content-Type', 'application/json').end(JSON.stringify(status)))
      .catch((error: unknown) => response.writeHead(500).end(String(error)))
  })
  await listen(server, port)
  const { port: actual } = server.address() as AddressInfo
  const close = () => {
    server.close()
    server.closeAllConnections()
  }
  return { url: `http://127.0.0.1:${actual}/status`, close }
}

async function statusOf(peer: Peer) {
  const { self, people, give, totals, repair } = peer.snapshot()
  return {
    peerId: self.peerId,
    name: self.name,
    connections: people.filter((person) => person.isConnected).length,
    lines: people.filter((person) => person.isConnected && person.isDirect).length,
    offer: give.offerBytes,
    used: give.usedBytes,
    receivedBytes: totals.receivedBytes,
    sentBytes: totals.sentBytes,
    repair,
    kept: await peer.kept(),
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
}
