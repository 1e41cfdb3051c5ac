import type { Clock } from '../../ports/clock.ts'
import type { Channel, Network } from '../../ports/network.ts'
import { createChanges, type Changes } from '../../flow/changes.ts'
import type { PeerId } from '../../core/ids.ts'

/** Bytes of our conversations with one peer or with all, since the start. */
export interface Traffic {
  readonly sentBytes: number
  readonly receivedBytes: number
}

/** Counts the bytes that pass through a network. */
export interface TrafficMeter {
  /** The network whose streams are counted; callers use it in place of the one handed over. */
  readonly network: Network
  /** Returns none for a peer of which nothing has moved for long while thousands of others came. */
  of(peer: PeerId): Traffic
  totals(): Traffic
  /** Tells of every byte. */
  readonly changes: Changes
  /** Returns when the last byte of a conversation about shards or groups passed, on the scale of the clock's `ran`; 0 while none has. */
  usedAt(peer: PeerId): number
}

/** What moved between this device and one peer. */
interface Account {
  sentBytes: number
  receivedBytes: number
  /** Bytes in both directions at `movedAt`. */
  bytesAtMove: number
  movedAt: number | undefined
  usedAt: number
}

/** Conversations that serve the network itself: they are no use of a connection. */
const UPKEEP = /^\/scatterhoard\/(hello|peers)\//
/** So many bytes show that a peer is at work; fewer may be a trickle that is meant to keep streams open. */
const MOVED_BYTES = 4_096
/** Most peers that are remembered. */
const PEERS_AT_MOST = 4_096

/**
 * Returns a meter over `network`: everything written to its streams, and all that came over them, is counted by peer. Its channels tell when
 * anything last moved.
 */
export function createTrafficMeter(network: Network, clock: Pick<Clock, 'ran'>): TrafficMeter {
  const accountByPeer = new Map<PeerId, Account>()
  const all = blankAccount()
  const changes = createChanges()

  function accountOf(peer: PeerId): Account {
    const account = accountByPeer.get(peer) ?? blankAccount()
    // The one that is used now comes last, and the first one is forgotten.
    accountByPeer.delete(peer)
    accountByPeer.set(peer, account)
    const [oldest] = accountByPeer.keys()
    if (accountByPeer.size > PEERS_AT_MOST && oldest !== undefined) accountByPeer.delete(oldest)
    return account
  }

  function counted(channel: Channel, protocol: string): Channel {
    const account = accountOf(channel.peer)
    const isUse = !UPKEEP.test(protocol)
    const count = (sentBytes: number, receivedBytes: number): void => {
      for (const each of [account, all]) {
        each.sentBytes += sentBytes
        each.receivedBytes += receivedBytes
      }
      if (isUse) account.usedAt = clock.ran()
      const bytes = account.sentBytes + account.receivedBytes
      if (bytes - account.bytesAtMove >= MOVED_BYTES) {
        account.bytesAtMove = bytes
        account.movedAt = clock.ran()
      }
      changes.tell()
    }
    channel.watchArrivals((bytes) => count(0, bytes))
    return {
      peer: channel.peer,
      write: async (bytes) => {
        const { length } = bytes
        await channel.write(bytes)
        count(length, 0)
      },
      read: (options) => channel.read(options),
      close: () => channel.close(),
      abort: () => channel.abort(),
      watchArrivals: (listener) => channel.watchArrivals(listener),
      movedAt: () => account.movedAt,
    }
  }

  return {
    network: {
      self: network.self,
      open: async (peer, protocol, options) => counted(await network.open(peer, protocol, options), protocol),
      handle: (protocol, handler, options) => network.handle(protocol, (channel) => handler(counted(channel, protocol)), options),
      state: () => network.state(),
      release: (peer) => network.release(peer),
      watch: (listener) => network.watch(listener),
    },
    of: (peer) => trafficOf(accountByPeer.get(peer) ?? blankAccount()),
    totals: () => trafficOf(all),
    changes,
    usedAt: (peer) => accountByPeer.get(peer)?.usedAt ?? 0,
  }
}

function blankAccount(): Account {
  return { sentBytes: 0, receivedBytes: 0, bytesAtMove: 0, movedAt: undefined, usedAt: 0 }
}

function trafficOf({ sentBytes, receivedBytes }: Account): Traffic {
  return { sentBytes, receivedBytes }
}
