import type { BrowserContext, Page } from 'playwright'

/** What the WebRTC connections of a page have carried since it was loaded, as they count it themselves: all but the heads of UDP and IP. */
export interface Transport {
  readonly receivedBytes: number
  readonly sentBytes: number
  /** Connections that came about. */
  readonly made: number
  /** Those of them that are no longer there. */
  readonly lost: number
}

/** From now on the pages of `context` count what their connections carry. */
export async function countTransport(context: BrowserContext): Promise<void> {
  await context.addInitScript(countConnections)
}

/** Returns what the connections of a page have carried. */
export function readTransport(page: Page): Promise<Transport> {
  return page.evaluate(() => (globalThis as unknown as { readTransport(): Promise<Transport> }).readTransport())
}

/** Runs in every page, and has to be whole in itself. */
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
    // One that is closed counts nothing any more: what it said last stays.
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
