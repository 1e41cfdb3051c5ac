import { circuitRelayServer, circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { identify } from '@libp2p/identify'
import type { Libp2p, PrivateKey } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { webRTC } from '@libp2p/webrtc'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { afterEach, expect, test } from 'vitest'
import { createTestSwarm, reachable } from '../../relay/swarm.rig.ts'

let swarm = createTestSwarm()
const strangers: Libp2p[] = []
afterEach(async () => {
  for (const node of strangers.splice(0)) await node.stop()
  await swarm.close()
  swarm = createTestSwarm()
})

const foreignKeys: readonly [string, () => Promise<PrivateKey>][] = [
  ['secp256k1', () => generateKeyPair('secp256k1')],
  ['RSA', () => generateKeyPair('RSA', 2048)],
]

test.each(foreignKeys)('[WIR1] a relay ends a connection whose far side is a %s key', async (_type, makeKey) => {
  const relay = await swarm.relay()
  const stranger = await plainNode(await makeKey())
  await expect(stayConnected(stranger, relay.address)).rejects.toThrow()
  expect(relay.running().metrics()).toMatchObject({ relay_connections: 0, relay_reservations: 0 })
})

test('[WIR1] a relay ends a connection whose far side proves an ECDSA key', async () => {
  const relay = await swarm.relay()
  // No libp2p node can have such a key as its name, but anybody can show one in the handshake.
  const stranger = await plainNode(await generateKeyPair('Ed25519'), { shownKey: await generateKeyPair('ECDSA', 'P-256') })
  await expect(stayConnected(stranger, relay.address)).rejects.toThrow()
  expect(relay.running().metrics()).toMatchObject({ relay_connections: 0, relay_reservations: 0 })
})

test.each(foreignKeys)(
  '[WIR1] a peer ends a connection whose far side is a %s key, through whatever relay it comes',
  async (_type, makeKey) => {
    // This relay admits anybody: a peer must be safe without the refusals of our own relays.
    const lax = await plainNode(await generateKeyPair('Ed25519'), { isRelay: true })
    const through = lax.getMultiaddrs()[0]?.toString() ?? ''
    const peer = await swarm.peer([through])
    await reachable(peer)
    const stranger = await plainNode(await makeKey())
    const door = multiaddr(`${through}/p2p-circuit/webrtc/p2p/${peer.network.self}`)
    await expect(stranger.dial(door, { signal: AbortSignal.timeout(10_000) })).rejects.toThrow()
    expect(peer.network.state().connections.map((one) => one.peer)).toEqual([lax.peerId.toString()])
    // The same relay works for an Ed25519 key.
    const friend = await plainNode(await generateKeyPair('Ed25519'))
    expect((await friend.dial(door, { signal: AbortSignal.timeout(10_000) })).status).toBe('open')
  },
)

test.each(foreignKeys)('[WIR1] a peer does not stay with a relay that is a %s key', async (_type, makeKey) => {
  const foreign = await plainNode(await makeKey(), { isRelay: true })
  const peer = await swarm.peer([])
  await expect(peer.control.addRelay(foreign.getMultiaddrs()[0]?.toString() ?? '')).rejects.toMatchObject({ code: 'relay-unreachable' })
  expect(peer.network.state().connections).toEqual([])
})

/** Makes a libp2p node that accepts and shows any identity, as other programs do. */
async function plainNode(
  privateKey: PrivateKey,
  { isRelay = false, shownKey = privateKey }: { readonly isRelay?: boolean; readonly shownKey?: PrivateKey } = {},
): Promise<Libp2p> {
  const node = await createLibp2p({
    privateKey,
    addresses: { listen: isRelay ? ['/ip4/127.0.0.1/tcp/0/ws'] : [] },
    transports: [webSockets(), webRTC({ rtcConfiguration: { iceServers: [] } }), circuitRelayTransport()],
    connectionEncrypters: [(components) => noise()(withKey(components, shownKey))],
    streamMuxers: [yamux()],
    connectionGater: { denyDialMultiaddr: () => false },
    services: { identify: identify(), ...(isRelay && { relay: circuitRelayServer() }) },
  })
  strangers.push(node)
  return node
}

/** The components that noise needs, with another key to show; the upgrader comes later than noise. */
function withKey(components: Parameters<ReturnType<typeof noise>>[0], privateKey: PrivateKey): typeof components {
  const { logger, peerId } = components
  return {
    logger,
    peerId,
    privateKey,
    get upgrader() {
      return components.upgrader
    },
  }
}

/** Rejects when the connection to `address` is refused, or ended before anything was said on it. */
async function stayConnected(node: Libp2p, address: string): Promise<void> {
  const connection = await node.dial(multiaddr(address), { signal: AbortSignal.timeout(10_000) })
  const stream = await connection.newStream('/ipfs/ping/1.0.0', { signal: AbortSignal.timeout(10_000) })
  await stream.close()
}
