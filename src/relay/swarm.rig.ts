import { expect } from 'vitest'
import { concatBytes } from '../core/bytes.ts'
import type { PeerId } from '../core/ids.ts'
import type { Channel, Network } from '../ports/network.ts'
import { createRelay, type RunningRelay } from './relay.ts'
import { createTimerClock } from '../adapters/clock/timer-clock.ts'
import { createNodeNetwork } from '../adapters/libp2p/node-network.ts'
import type { NetworkLimits, PeerNetwork } from '../adapters/libp2p/peer-network.ts'

export const ECHO = '/scatterhoard/test-echo/1'

/** A relay that can be stopped and started again as the same one. */
export interface TestRelay {
  readonly address: string
  running(): RunningRelay
  stop(): Promise<void>
  start(): Promise<void>
}

/** Real relays and real Node peers of one test; `close` ends them all. */
export interface TestSwarm {
  relay(): Promise<TestRelay>
  peer(relays: readonly string[], options?: { limits?: Partial<NetworkLimits>; peerKey?: Uint8Array }): Promise<PeerNetwork>
  close(): Promise<void>
}

export function createTestSwarm(): TestSwarm {
  const closing: (() => Promise<void>)[] = []
  const clock = createTimerClock()
  return {
    async relay() {
      const key = freshKey()
      let running: RunningRelay | undefined = await createRelay({ key, port: 0, stunPort: 0, host: '127.0.0.1' })
      const { address } = running
      const port = Number(/\/tcp\/(\d+)\//.exec(address)?.[1])
      const stop = async () => {
        await running?.close()
        running = undefined
      }
      closing.push(stop)
      return {
        address,
        stop,
        running() {
          if (running === undefined) throw new Error('this relay is stopped')
          return running
        },
        async start() {
          running = await createRelay({ key, port, host: '127.0.0.1' })
        },
      }
    },
    async peer(relays, { limits, peerKey = freshKey() } = {}) {
      const peer = await createNodeNetwork({
        peerKey,
        relays,
        iceServers: [],
        networkName: '',
        clock,
        ...(limits !== undefined && { limits }),
      })
      closing.push(() => peer.control.close())
      return peer
    },
    async close() {
      await Promise.all(closing.splice(0).map((end) => end()))
    },
  }
}

export function freshKey(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(32))
}

/** Resolves as soon as `holds` is true of the state of `network`; the test's own timeout bounds it. */
export function until(network: Network, holds: (state: ReturnType<Network['state']>) => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (!holds(network.state())) return
      stop()
      resolve()
    }
    const stop = network.watch(look)
    queueMicrotask(look)
  })
}

export function reachable(peer: PeerNetwork): Promise<void> {
  return until(peer.network, ({ hops }) => hops.length > 0)
}

export function answerEcho(peer: PeerNetwork, options: { maxInbound: number } = { maxInbound: 8 }): void {
  peer.network.handle(
    ECHO,
    async (channel) => {
      for (let bytes = await channel.read(); bytes !== undefined; bytes = await channel.read()) await channel.write(bytes)
    },
    options,
  )
}

/** Sends a few bytes and expects them back. */
export async function expectEcho(from: PeerNetwork, to: PeerNetwork, hops: readonly PeerId[] = []): Promise<void> {
  const channel = await from.network.open(to.network.self, ECHO, { hops })
  const sent = crypto.getRandomValues(new Uint8Array(300))
  await channel.write(sent)
  await channel.close()
  expect(await readAll(channel)).toEqual(sent)
}

export async function readAll(channel: Channel): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for (let bytes = await channel.read(); bytes !== undefined; bytes = await channel.read()) parts.push(bytes)
  return concatBytes(...parts)
}
