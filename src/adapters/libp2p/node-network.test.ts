import { afterEach, expect, test } from 'vitest'
import type { PeerId } from '../../core/ids.ts'
import type { NetworkState } from '../../ports/network.ts'
import { answerEcho, createTestSwarm, ECHO, expectEcho, freshKey, reachable, until } from '../../relay/swarm.rig.ts'

let swarm = createTestSwarm()
afterEach(async () => {
  await swarm.close()
  swarm = createTestSwarm()
})

test('two peers that know only a relay get a direct connection, and 4 MiB come back unchanged', async () => {
  const relay = await swarm.relay()
  const [a, b] = await Promise.all([swarm.peer([relay.address]), swarm.peer([relay.address])])
  answerEcho(b)
  await Promise.all([a, b].map(reachable))
  const channel = await a.network.open(b.network.self, ECHO)
  const piece = crypto.getRandomValues(new Uint8Array(65_536))
  let received = 0
  let isSame = true
  const reading = (async () => {
    for (let bytes = await channel.read(); bytes !== undefined; bytes = await channel.read()) {
      for (const byte of bytes) isSame &&= byte === piece[received++ % piece.length]
    }
  })()
  for (let count = 0; count < 64; count++) await channel.write(piece)
  await channel.close()
  await reading
  expect(received).toBe(64 * piece.length)
  expect(isSame).toBe(true)
  expect(a.network.state().connections.find((one) => one.peer === b.network.self)).toMatchObject({ isDirect: true, isRelay: false })
  expect(relay.running().metrics().relay_circuit_bytes_total).toBeLessThan(65_536)
})

test('twenty fresh peers are all reached at the first call', async () => {
  const relay = await swarm.relay()
  const hub = await swarm.peer([relay.address])
  answerEcho(hub)
  await reachable(hub)
  for (let round = 0; round < 5; round++) {
    const fresh = await Promise.all(Array.from({ length: 4 }, () => swarm.peer([relay.address], { limits: { hopPlaces: 0 } })))
    await Promise.all(fresh.map((peer) => until(peer.network, ({ relays }) => relays.some((one) => one.isConnected))))
    await Promise.all(fresh.map((peer) => expectEcho(peer, hub)))
    await Promise.all(fresh.map((peer) => peer.control.close()))
  }
})

test('many calls to one peer at the same time share one connection', async () => {
  const relay = await swarm.relay()
  const [a, b] = await Promise.all([swarm.peer([relay.address]), swarm.peer([relay.address])])
  answerEcho(b, { maxInbound: 16 })
  await Promise.all([a, b].map(reachable))
  await Promise.all(Array.from({ length: 12 }, () => expectEcho(a, b)))
  expect(a.network.state().connections.filter((one) => one.peer === b.network.self)).toHaveLength(1)
})

test('[USE3] a connection that one side releases ends on both, stays ended, and comes back when it is needed', async () => {
  const relay = await swarm.relay()
  const [a, b] = await Promise.all([swarm.peer([relay.address]), swarm.peer([relay.address])])
  answerEcho(b)
  await Promise.all([a, b].map(reachable))
  await expectEcho(a, b)
  a.network.release(b.network.self)
  const leads = (to: PeerId) => (state: NetworkState) => state.connections.some(({ peer, isDirect }) => peer === to && isDirect)
  await until(b.network, (state) => !leads(a.network.self)(state))
  await until(a.network, (state) => !leads(b.network.self)(state))
  await expectEcho(a, b)
  expect(leads(b.network.self)(a.network.state())).toBe(true)
})

test('peers that dial each other at once end up with a connection that answers both ways', async () => {
  const relay = await swarm.relay()
  const [a, b] = await Promise.all([swarm.peer([relay.address]), swarm.peer([relay.address])])
  answerEcho(a)
  answerEcho(b)
  await Promise.all([a, b].map(reachable))
  await Promise.all([expectEcho(a, b), expectEcho(b, a)])
  await Promise.all([expectEcho(a, b), expectEcho(b, a)])
})

test('a dead relay among two is not noticed', async () => {
  const [dead, alive] = [await swarm.relay(), await swarm.relay()]
  await dead.stop()
  const [a, b] = await Promise.all([swarm.peer([dead.address, alive.address]), swarm.peer([dead.address, alive.address])])
  answerEcho(b)
  await Promise.all([a, b].map(reachable))
  await expectEcho(a, b)
  expect(a.network.state().relays).toEqual([
    { address: dead.address, isConnected: false },
    { address: alive.address, isConnected: true },
  ])
})

test('a relay that comes back is dialled again, and newcomers reach old peers through it', async () => {
  const relay = await swarm.relay()
  const [a, b] = await Promise.all([swarm.peer([relay.address]), swarm.peer([relay.address])])
  answerEcho(b)
  await Promise.all([a, b].map(reachable))
  await expectEcho(a, b)
  await relay.stop()
  await Promise.all([a, b].map((peer) => until(peer.network, ({ relays }) => relays.every((one) => !one.isConnected))))
  await expectEcho(a, b)
  await relay.start()
  await until(b.network, ({ relays, hops }) => relays.every((one) => one.isConnected) && hops.some((hop) => relay.address.endsWith(hop)))
  const c = await swarm.peer([relay.address])
  await reachable(c)
  await expectEcho(c, b)
})

test('a relay that turns out to be somebody else is said to be, and is no relay of this peer', async () => {
  const [relay, other] = await Promise.all([swarm.relay(), swarm.relay()])
  const named = `${relay.address.slice(0, relay.address.lastIndexOf('/'))}/${other.address.slice(other.address.lastIndexOf('/') + 1)}`
  const peer = await swarm.peer([named])
  await until(peer.network, ({ relays }) => relays.some((one) => one.isSomebodyElse === true && !one.isConnected))
  expect(peer.network.state().connections).toEqual([])
  await peer.control.addRelay(relay.address)
  await until(peer.network, ({ relays }) => relays.some((one) => one.isConnected && one.isSomebodyElse !== true))
})

test('after every relay died, two strangers meet through a neighbour they share', async () => {
  const relay = await swarm.relay()
  const [a, b, hop] = await Promise.all([swarm.peer([relay.address]), swarm.peer([relay.address]), swarm.peer([relay.address])])
  for (const peer of [a, b, hop]) answerEcho(peer)
  await Promise.all([a, b, hop].map(reachable))
  await Promise.all([expectEcho(a, hop), expectEcho(b, hop)])
  await relay.stop()
  await Promise.all([a, b].map((peer) => until(peer.network, ({ hops }) => hops.includes(hop.network.self))))
  await expectEcho(a, b, [hop.network.self])
  expect(a.network.state().connections.find((one) => one.peer === b.network.self)).toMatchObject({ isDirect: true })
})

test('the newest connection of a peer that came back replaces the one it lost', async () => {
  const relay = await swarm.relay()
  const peerKey = freshKey()
  const [a, before] = await Promise.all([swarm.peer([relay.address]), swarm.peer([relay.address], { peerKey })])
  answerEcho(a)
  await Promise.all([a, before].map(reachable))
  await expectEcho(before, a)
  // The same device starts again while the old process still holds its connections: so the far side sees a crash.
  const after = await swarm.peer([relay.address], { peerKey })
  answerEcho(after)
  await reachable(after)
  await expectEcho(after, a)
  await expectEcho(a, after)
})

test('nobody there: peer-unreachable, and the reason of a signal that aborts first', async () => {
  const relay = await swarm.relay()
  const [a, gone] = await Promise.all([swarm.peer([relay.address]), swarm.peer([relay.address])])
  await Promise.all([a, gone].map(reachable))
  await gone.control.close()
  const reason = new Error('changed my mind')
  const abort = new AbortController()
  const opening = a.network.open(gone.network.self, ECHO, { signal: abort.signal })
  abort.abort(reason)
  await expect(opening).rejects.toBe(reason)
  await expect(a.network.open(gone.network.self, ECHO)).rejects.toMatchObject({ code: 'peer-unreachable' })
})

test('a relay that is not there is refused by name, one that is there is kept', async () => {
  const [first, second] = [await swarm.relay(), await swarm.relay()]
  const a = await swarm.peer([first.address])
  await expect(a.control.addRelay('not an address')).rejects.toMatchObject({ code: 'relay-unreachable' })
  await expect(a.control.addRelay('/ip4/127.0.0.1/tcp/1/ws')).rejects.toMatchObject({ code: 'relay-unreachable' })
  await a.control.addRelay(second.address)
  expect(a.network.state().relays).toContainEqual({ address: second.address, isConnected: true })
})

test('a thousand streams at once cost the flooder its connection and nobody else theirs', async () => {
  const relay = await swarm.relay()
  const [flooder, honest, host] = await Promise.all([swarm.peer([relay.address]), swarm.peer([relay.address]), swarm.peer([relay.address])])
  answerEcho(host)
  await Promise.all([flooder, honest, host].map(reachable))
  await Promise.all([expectEcho(flooder, host), expectEcho(honest, host)])
  const opened = await Promise.allSettled(Array.from({ length: 1_000 }, () => flooder.network.open(host.network.self, ECHO)))
  expect(opened.filter((one) => one.status === 'fulfilled').length).toBeLessThan(200)
  await expectEcho(honest, host)
})

test('at most so many streams of one protocol and peer are answered at once', async () => {
  const relay = await swarm.relay()
  const [a, b] = await Promise.all([swarm.peer([relay.address]), swarm.peer([relay.address])])
  answerEcho(b, { maxInbound: 4 })
  await Promise.all([a, b].map(reachable))
  await expectEcho(a, b)
  const answers = await Promise.allSettled(
    Array.from({ length: 12 }, async () => {
      const channel = await a.network.open(b.network.self, ECHO)
      await channel.write(Uint8Array.of(7))
      return (await channel.read()) ?? Promise.reject(new Error('closed'))
    }),
  )
  expect(answers.filter((one) => one.status === 'fulfilled')).toHaveLength(4)
})

test('a peer that sends 16 MiB nobody asked for is cut off', async () => {
  const relay = await swarm.relay()
  const [a, b] = await Promise.all([swarm.peer([relay.address]), swarm.peer([relay.address])])
  let ended: (error: unknown) => void = () => undefined
  const cut = new Promise((resolve) => (ended = resolve))
  b.network.handle(
    ECHO,
    async (channel) => {
      // This handler reads once and then ignores the channel until it is gone.
      await channel.read()
      for (;;) {
        try {
          await channel.write(Uint8Array.of(1))
          await new Promise((resolve) => setImmediate(resolve))
        } catch (error) {
          return ended(error)
        }
      }
    },
    { maxInbound: 1 },
  )
  await Promise.all([a, b].map(reachable))
  const channel = await a.network.open(b.network.self, ECHO)
  const sending = (async () => {
    for (let sent = 0; sent < 256; sent++) await channel.write(new Uint8Array(65_536))
  })()
  sending.catch(() => {})
  expect(await cut).toMatchObject({ code: 'stream-closed' })
})

test('others find an id that a peer announces, under the CID of its 32 bytes', async () => {
  const relay = await swarm.relay()
  const [a, b] = await Promise.all([swarm.peer([relay.address]), swarm.peer([relay.address])])
  await Promise.all([a, b].map(reachable))
  answerEcho(a)
  const id = crypto.getRandomValues(new Uint8Array(32))
  await a.directory.announce(id)
  const found: string[] = []
  for await (const peer of b.directory.find(id)) found.push(peer)
  expect(found).toEqual([a.network.self])
})
