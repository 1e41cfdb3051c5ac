import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { identify } from '@libp2p/identify'
import type { Libp2p } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { afterEach, expect, test } from 'vitest'
import { createTestSwarm, expectEcho, answerEcho, reachable } from './swarm.rig.ts'

const TUNNEL = '/tunnel/1'
const CIRCUIT_BYTES = 100_000
let swarm = createTestSwarm()
const nodes: Libp2p[] = []
afterEach(async () => {
  for (const node of nodes.splice(0)) await node.stop()
  await swarm.close()
  swarm = createTestSwarm()
})

test('[CIR1] two peers that take one circuit after the other get little through a relay, and others are still introduced', async () => {
  const relay = await swarm.relay()
  const [near, far] = [await plainNode([]), await plainNode([`${relay.address}/p2p-circuit`])]
  let arrived = 0
  await far.handle(TUNNEL, (stream) => stream.addEventListener('message', ({ data }) => (arrived += data.byteLength)), {
    runOnLimitedConnection: true,
    maxInboundStreams: 100,
  })
  await near.dial(multiaddr(relay.address))
  let opened = 0
  for (let at = 0; at < 60; at++) opened += Number(await carry(near, `${relay.address}/p2p-circuit/p2p/${far.peerId.toString()}`))
  expect(opened).toBeGreaterThan(0)
  expect(opened).toBeLessThan(30)
  expect(arrived).toBeLessThan(2_000_000)

  const [a, b] = await Promise.all([swarm.peer([relay.address]), swarm.peer([relay.address])])
  answerEcho(b)
  await Promise.all([a, b].map(reachable))
  await expectEcho(a, b)
})

/** Opens a fresh circuit and sends as much over it as it carries; false when it was refused or cut. */
async function carry(node: Libp2p, address: string): Promise<boolean> {
  const signal = AbortSignal.timeout(5_000)
  try {
    const connection = await node.dial(multiaddr(address), { force: true, signal })
    const stream = await connection.newStream(TUNNEL, { runOnLimitedConnection: true, maxOutboundStreams: 100, signal })
    for (let sent = 0; sent < CIRCUIT_BYTES; sent += 10_000) stream.send(new Uint8Array(10_000))
    await stream.close({ signal })
    connection.abort(new Error('next'))
    return true
  } catch {
    return false
  }
}

async function plainNode(listen: string[]): Promise<Libp2p> {
  const node = await createLibp2p({
    addresses: { listen },
    transports: [webSockets(), circuitRelayTransport()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionGater: { denyDialMultiaddr: () => false },
    services: { identify: identify() },
  })
  nodes.push(node)
  return node
}
