import type { BrowserContext, Page } from 'playwright'

/** Traffic of a page's WebRTC connections since it was loaded, by their own statistics: all bytes but the headers of UDP and IP. */
export interface Transport {
  readonly receivedBytes: number
  readonly sentBytes: number
  /** Connections that were established. */
  readonly made: number
  /** Established connections that are no longer connected. */
  readonly lost: number
}

/** Makes the pages of `context` count the bytes of their connections; call it before a page is loaded. */
export async function countTransport(context: BrowserContext): Promise<void> {
  await context.addInitScript(countConnections)
}

/** Returns the traffic of a page's connections. */
export function readTransport(page: Page): Promise<Transport> {
  return page.evaluate(() => (globalThis as unknown as { readTransport(): Promise<Transport> }).readTransport())
}

/** Runs in every page, so it may refer to nothing outside itself. */
function countConnections(): void {
  const LOOK_MS = 1000
  interface Counted {
    readonly connection: RTCPeerConnection
    receivedBytes: number
    sentBytes: number
    wasMade: boolean
  }
  const all: Counted[] = []
  const Bare = globalThis.RTCPeerConnection
  if (Bare === undefined) return
  globalThis.RTCPeerConnection = class extends Bare {
    constructor(configuration?: RTCConfiguration) {
      super(configuration)
      const counted: Counted = { connection: this, receivedBytes: 0, sentBytes: 0, wasMade: false }
      all.push(counted)
      this.addEventListener('connectionstatechange', () => (counted.wasMade ||= this.connectionState === 'connected'))
    }
  }
  const look = async (counted: Counted) => {
    // A closed connection has no statistics any more: its last ones stay.
    if (counted.connection.connectionState === 'closed') return
    for (const [, said] of (await counted.connection.getStats()) as unknown as Map<string, Record<string, unknown>>) {
      if (said['type'] !== 'transport') continue
      counted.receivedBytes = Math.max(counted.receivedBytes, Number(said['bytesReceived']))
      counted.sentBytes = Math.max(counted.sentBytes, Number(said['bytesSent']))
    }
  }
  const lookAtAll = () => Promise.all(all.map((each) => look(each).catch(() => undefined)))
  setInterval(() => void lookAtAll(), LOOK_MS)
  Object.assign(globalThis, {
    async readTransport(): Promise<Transport> {
      await lookAtAll()
      const made = all.filter(({ wasMade }) => wasMade)
      return {
        receivedBytes: all.reduce((sum, { receivedBytes }) => sum + receivedBytes, 0),
        sentBytes: all.reduce((sum, { sentBytes }) => sum + sentBytes, 0),
        made: made.length,
        lost: made.filter(({ connection }) => connection.connectionState !== 'connected').length,
      }
    },
  })
}
