import type { IncomingMessage, ServerResponse } from 'node:http'
import { Server, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { webSockets } from '@libp2p/websockets'
import { isLocalHost } from '../adapters/libp2p/addresses.ts'
import { domainOf } from '../core/placement.ts'
import { createRateLimit, networkOf } from './rate-limit.ts'

type WebSocketTransport = ReturnType<typeof webSockets>

/** Sockets that one public host may hold at once: enough for a household of a few devices, each with reconnects that overlap. */
const MAX_SOCKETS_PER_HOST = 64
/** Sockets that one network may hold (IPv4 /24, IPv6 /48): one household may have a whole /48 of hosts. */
const MAX_SOCKETS_PER_NETWORK = 512
const KEEP_ALIVE_MS = 60_000

/** The one TCP port of a relay: WebSockets for peers, pages for its operators. */
export interface FrontDoor {
  /** The transport to give to libp2p. */
  readonly transport: WebSocketTransport
  /** Returns all bytes that went in and out of its sockets, TLS and HTTP included. */
  socketBytes(): number
  /** Returns the system's error when listening failed. */
  failure(): NodeJS.ErrnoException | undefined
}

/** Returns the answer to a plain request for a path; undefined for 404. */
export type Page = (path: string) => { readonly type: string; readonly text: string } | undefined

/** The listener of `@libp2p/websockets` 10.1: it binds these methods when it begins to listen, so they can be replaced until then. */
interface WebSocketListener {
  server: Server
  httpRequestHandler(request: IncomingMessage, response: ServerResponse): void
  onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  listen(address: unknown): Promise<void>
}

/** Returns a door that answers `page` beside the WebSockets, on the same port; `tls` makes both secure. */
export function createFrontDoor(page: Page, tls?: { readonly cert: Buffer; readonly key: Buffer }): FrontDoor {
  const make = webSockets(tls === undefined ? {} : { https: { ...tls } })
  const sockets = new Map<Socket, number>()
  const socketsByHost = new Map<string, number>()
  const pace = createRateLimit({ perSecond: 5, burst: 60 })
  let endedBytes = 0
  let failure: NodeJS.ErrnoException | undefined

  function watch(socket: Socket): void {
    sockets.set(socket, 0)
    socket.setKeepAlive(true, KEEP_ALIVE_MS)
    socket.once('close', () => {
      sockets.delete(socket)
      endedBytes += socket.bytesRead + socket.bytesWritten
    })
  }

  /** Counts an upgraded socket against its host; false when there are too many. */
  function admit(request: IncomingMessage): boolean {
    const far = hostOfRequest(request)
    // Checked before the host is cut to its network, which would leave nothing of ::1.
    if (isLocalHost(far)) return true
    const host = networkOf(far)
    const network = `network ${domainOf(host, `/${far.includes(':') ? 'ip6' : 'ip4'}/${far}`)}`
    const isFull = (key: string, most: number): boolean => (socketsByHost.get(key) ?? 0) >= most
    if (isFull(host, MAX_SOCKETS_PER_HOST) || isFull(network, MAX_SOCKETS_PER_NETWORK) || !pace.allows(host, Date.now())) return false
    for (const key of [host, network]) {
      socketsByHost.set(key, (socketsByHost.get(key) ?? 0) + 1)
      request.socket.once('close', () => {
        const left = (socketsByHost.get(key) ?? 1) - 1
        if (left > 0) socketsByHost.set(key, left)
        else socketsByHost.delete(key)
      })
    }
    return true
  }

  function open(listener: WebSocketListener): void {
    listener.server.on('connection', watch)
    listener.httpRequestHandler = (request, response) => answer(page, request, response)
    const upgrade = listener.onUpgrade.bind(listener)
    listener.onUpgrade = (request, socket, head) => {
      if (admit(request)) return upgrade(request, socket, head)
      socket.end('HTTP/1.1 429 Too Many Requests\r\nconnection: close\r\n\r\n')
    }
    const listen = listener.listen.bind(listener)
    listener.listen = async (address) => {
      try {
        await listen(address)
      } catch (error) {
        if (error instanceof Error) failure = error
        throw error
      }
    }
  }

  return {
    transport(components) {
      const transport = make(components)
      const createListener = transport.createListener.bind(transport)
      transport.createListener = (options) => {
        const listener = createListener(options)
        if (!isWebSocketListener(listener)) throw new Error('the WebSocket listener is not the one this relay knows')
        open(listener)
        return listener
      }
      return transport
    },
    socketBytes: () => [...sockets.keys()].reduce((sum, socket) => sum + socket.bytesRead + socket.bytesWritten, endedBytes),
    failure: () => failure,
  }
}

function answer(page: Page, request: IncomingMessage, response: ServerResponse): void {
  const [path = ''] = (request.url ?? '').split('?')
  const found = request.method === 'GET' || request.method === 'HEAD' ? page(path) : undefined
  response.writeHead(found === undefined ? 404 : 200, {
    'content-type': found?.type ?? 'text/plain; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  })
  response.end(
    request.method === 'HEAD' ? undefined : (found?.text ?? 'Only WebSocket connections, /health and /metrics are served here.\n'),
  )
}

/** Returns the far host; behind a proxy on this machine or network the last host that the proxy names. */
function hostOfRequest(request: IncomingMessage): string {
  const direct = request.socket.remoteAddress ?? ''
  const forwarded = request.headers['x-forwarded-for']
  if (!isLocalHost(direct) || forwarded === undefined) return direct
  const text = typeof forwarded === 'string' ? forwarded : forwarded.join(',')
  return text.split(',').at(-1)?.trim() ?? direct
}

function isWebSocketListener(value: object): value is WebSocketListener {
  return 'server' in value && value.server instanceof Server && 'httpRequestHandler' in value && 'onUpgrade' in value && 'listen' in value
}
