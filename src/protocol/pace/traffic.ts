import type { Clock } from '../../ports/clock.ts'
import type { Channel, Network } from '../../ports/network.ts'
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
}

/** What moved between this device and one peer. */
interface Account {
  sentBytes: number
  receivedBytes: number
  /** Bytes in both directions at `movedAt`. */
  bytesAtMove: number
  movedAt: number | undefined
}

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

  function accountOf(peer: PeerId): Account {
    const account = accountByPeer.get(peer) ?? blankAccount()
    // The one that is used now comes last, and the first one is forgotten.
    accountByPeer.delete(peer)
    accountByPeer.set(peer, account)
    const [oldest] = accountByPeer.keys()
    if (accountByPeer.size > PEERS_AT_MOST && oldest !== undefined) accountByPeer.delete(oldest)
    return account
  }

  function counted(channel: Channel): Channel {
    const account = accountOf(channel.peer)
    const count = (sentBytes: number, receivedBytes: number): void => {
      for (const each of [account, all]) {
        each.sentBytes += sentBytes
        each.receivedBytes += receivedBytes
      }
      const bytes = account.sentBytes + account.receivedBytes
      if (bytes - account.bytesAtMove < MOVED_BYTES) return
      account.bytesAtMove = bytes
      account.movedAt = clock.ran()
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
      open: async (peer, protocol, options) => counted(await network.open(peer, protocol, options)),
      handle: (protocol, handler, options) => network.handle(protocol, (channel) => handler(counted(channel)), options),
      state: () => network.state(),
      watch: (listener) => network.watch(listener),
    },
    of: (peer) => trafficOf(accountByPeer.get(peer) ?? blankAccount()),
    totals: () => trafficOf(all),
  }
}

function blankAccount(): Account {
  return { sentBytes: 0, receivedBytes: 0, bytesAtMove: 0, movedAt: undefined }
}

function trafficOf({ sentBytes, receivedBytes }: Account): Traffic {
  return { sentBytes, receivedBytes }
}
