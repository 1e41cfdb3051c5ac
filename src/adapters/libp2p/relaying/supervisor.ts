import type { Libp2p } from '@libp2p/interface'
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr'
import { HoardError } from '../../../core/errors.ts'
import type { Clock } from '../../../ports/clock.ts'
import { peerOf, readAddress } from '../addresses.ts'
import type { Connections } from '../connections.ts'
import { answersPing } from '../channels/ping.ts'
import { HOP } from '../protocols.ts'
import type { Reservations } from './reservations.ts'
import { raceSignal, within } from '../../../flow/deadline.ts'
import { createChanges } from '../../../flow/changes.ts'

const DIAL_MS = 5_000
const FIRST_BACKOFF_MS = 500
const MAX_BACKOFF_MS = 30_000
/** Period in which a connected relay is checked. */
const TEND_MS = 15_000
/** Period in which connections are pinged, and the number of missed answers after which one ends. */
const PING_MS = 30_000
const MISSED_PINGS = 3
/** Relays and hops, together, at which this node holds a place. */
const PLACES = 3

/** A relay that people configured or added. */
export interface Relay {
  /** The address as it was given. */
  readonly address: string
  /** Absent until the relay has answered once, where the address names no peer. */
  peer: string | undefined
  /** True while the far side at the address has another identity than the address names. */
  isSomebodyElse: boolean
  /** Aborts when the person gives the relay up. */
  readonly leaving: AbortController
}

/** Keeps this node reachable. */
export interface Supervisor {
  readonly relays: readonly Relay[]
  isRelay(peer: string): boolean
  /** @throws HoardError 'relay-unreachable' */
  add(address: string, signal?: AbortSignal): Promise<void>
  /** Stops using the relay at `address`, and ends the connection to it. */
  remove(address: string): Promise<void>
  /** Peers and relays at which this node holds a place, best first. */
  places(): readonly string[]
  /** The dialable address of a relay, ending in its peer. */
  relayAddress(peer: string): Multiaddr | undefined
  /** Returns the addresses of this node to be told to others. */
  announced(): readonly Multiaddr[]
  /** Checks everything at once: the machine woke, the network changed, or the page was shown again. */
  wake(): void
}

/** Starts to look after `addresses` and the hops of `node`, and goes on until `closing` aborts. */
export function supervise(
  node: Libp2p,
  connections: Connections,
  reservations: Reservations,
  addresses: readonly string[],
  clock: Clock,
  closing: AbortSignal,
  onChange: () => void,
): Supervisor {
  const self = node.peerId.toString()
  const relays: Relay[] = []
  const hops = new Set<string>()
  const woken = createChanges()
  let wakening = new AbortController()
  let told = ''
  node.addEventListener('connection:close', woken.tell)
  node.addEventListener('peer:identify', woken.tell)
  for (const address of addresses) void look(address)
  quietly(tendHops())
  quietly(listenForLife())

  function quietly(work: Promise<void>): void {
    // These loops end only when the node closes, with the reason of `closing`.
    work.catch(() => {})
  }

  function look(address: string): Relay {
    const known = relays.find((relay) => relay.address === address)
    if (known !== undefined) return known
    const parsed = readAddress(address)
    const relay = relayAt(address, parsed)
    relays.push(relay)
    if (parsed !== undefined) quietly(keep(relay, parsed))
    return relay
  }

  function isConnected(relay: Relay): boolean {
    return relay.peer !== undefined && connections.direct(relay.peer) !== undefined
  }

  async function keep(relay: Relay, address: Multiaddr): Promise<void> {
    const over = AbortSignal.any([closing, relay.leaving.signal])
    for (let failures = 0; ;) {
      over.throwIfAborted()
      try {
        await reach(relay, address)
        failures = 0
        relay.isSomebodyElse = false
      } catch (error) {
        failures++
        relay.isSomebodyElse = isSomebodyElse(error)
      }
      onChange()
      const backoff = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** failures) * (0.75 + Math.random() / 2)
      // A change elsewhere must not shorten this relay's backoff: only a lost or refreshed connection does.
      if (failures > 0) await clock.wait(backoff, { signal: AbortSignal.any([over, wakening.signal]) }).catch(() => {})
      else await woken.nextWithin(clock, TEND_MS, over)
    }
  }

  async function reach(relay: Relay, address: Multiaddr): Promise<void> {
    if (!isConnected(relay)) {
      const connection = await within(clock, DIAL_MS, closing, (signal) => raceSignal(node.dial(address, { signal }), signal))
      relay.peer = connection.remotePeer.toString()
    }
    if (relay.peer !== undefined && !reservations.has(relay.peer)) {
      await reservations.reserve(relay.peer)
      void announce()
    }
  }

  /** Holds places at neighbours, so that this node stays reachable when every relay is gone. */
  async function tendHops(): Promise<void> {
    for (;;) {
      closing.throwIfAborted()
      for (const hop of hops) if (!reservations.has(hop)) hops.delete(hop)
      const wanted = Math.max(1, PLACES - relays.filter((relay) => isConnected(relay)).length)
      for (const peer of await candidates()) {
        if (hops.size >= wanted) break
        try {
          await reservations.reserve(peer)
          hops.add(peer)
        } catch {
          // This neighbour is full or gone: try the next one.
        }
      }
      onChange()
      void announce()
      await woken.nextWithin(clock, TEND_MS, closing)
      // Peers identify themselves in bursts while a swarm meets.
      await clock.wait(FIRST_BACKOFF_MS, { signal: closing })
    }
  }

  /** Returns direct neighbours that relay for others and hold no place of ours yet, those known longest first. */
  async function candidates(): Promise<readonly string[]> {
    const found: string[] = []
    for (const { peer, connection } of connections.byPeer()) {
      if (connection.limits != null || isRelay(peer) || hops.has(peer)) continue
      const known = await node.peerStore.get(connection.remotePeer).catch(() => undefined)
      if (known?.protocols.includes(HOP) === true) found.push(peer)
    }
    return found
  }

  function isRelay(peer: string): boolean {
    return relays.some((relay) => relay.peer === peer)
  }

  /** Ends connections that stay silent: otherwise a dead WebSocket or a frozen page would look alive for ever. */
  async function listenForLife(): Promise<void> {
    const missed = new WeakMap<object, number>()
    for (;;) {
      await clock.wait(PING_MS, { signal: AbortSignal.any([closing, wakening.signal]) }).catch(() => {})
      closing.throwIfAborted()
      await Promise.all(
        node.getConnections().map(async (connection) => {
          // Bytes that move show as much as a ping, whose answer would wait behind them.
          const isAlive =
            connections.exchanges.hasMoved(connection.remotePeer.toString(), PING_MS) || (await answersPing(connection, clock, closing))
          const count = isAlive ? 0 : (missed.get(connection) ?? 0) + 1
          missed.set(connection, count)
          if (count >= MISSED_PINGS && !closing.aborted) connection.abort(new Error('silent for too long'))
        }),
      )
    }
  }

  /** Tells connected peers at once when the addresses of this node have changed. */
  async function announce(): Promise<void> {
    const ways = node.getMultiaddrs()
    const text = ways.join()
    if (text === told) return
    told = text
    await node.peerStore.patch(node.peerId, { multiaddrs: ways }).catch(() => {})
  }

  function relayAddress(peer: string): Multiaddr | undefined {
    const relay = relays.find((one) => one.peer === peer)
    const address = relay === undefined ? undefined : readAddress(relay.address)
    if (address === undefined) return undefined
    return peerOf(address) === undefined ? address.encapsulate(`/p2p/${peer}`) : address
  }

  return {
    relays,
    isRelay,
    async add(address, signal) {
      const parsed = readAddress(address)
      if (parsed === undefined) throw new HoardError('relay-unreachable', { address })
      const known = relays.find((relay) => relay.address === address)
      const relay = known ?? relayAt(address, parsed)
      try {
        await raceSignal(reach(relay, parsed), signal)
      } catch (error) {
        signal?.throwIfAborted()
        throw new HoardError('relay-unreachable', { address }, error)
      }
      if (known === undefined) {
        relays.push(relay)
        quietly(keep(relay, parsed))
      }
      onChange()
    },
    async remove(address) {
      const relay = relays.find((one) => one.address === address)
      if (relay === undefined) return
      relays.splice(relays.indexOf(relay), 1)
      relay.leaving.abort(new Error('given up'))
      const isNamedTwice = relay.peer !== undefined && isRelay(relay.peer)
      if (relay.peer !== undefined && !isNamedTwice) await connections.direct(relay.peer)?.close()
      onChange()
    },
    places: () => [
      ...relays.flatMap((relay) => (relay.peer !== undefined && isConnected(relay) && reservations.has(relay.peer) ? [relay.peer] : [])),
      ...hops,
    ],
    relayAddress,
    announced() {
      const bases = relays.flatMap((relay) => {
        if (relay.peer === undefined || !reservations.has(relay.peer)) return []
        const address = relayAddress(relay.peer)
        return [...(address === undefined ? [] : [address]), ...reservations.statedAddresses(relay.peer)]
      })
      const texts = new Set([...bases.map(String), ...[...hops].map((hop) => `/p2p/${hop}`)])
      return [...texts].slice(0, 8).map((text) => multiaddr(`${text}/p2p-circuit/webrtc/p2p/${self}`))
    },
    wake() {
      wakening.abort()
      wakening = new AbortController()
      woken.tell()
    },
  }
}

function relayAt(address: string, parsed: Multiaddr | undefined): Relay {
  return { address, peer: parsed === undefined ? undefined : peerOf(parsed), isSomebodyElse: false, leaving: new AbortController() }
}

/** Tells whether a dial failed because the far side proved another identity. libp2p keeps only the message of the handshake's error. */
function isSomebodyElse(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isSomebodyElse)
  return error instanceof Error && error.message.includes('does not match expected remote identity key')
}
