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
  of(peer: PeerId): Traffic
  totals(): Traffic
}

/** Returns a meter over `network`: everything written to and read from its streams is counted by peer. */
export function createTrafficMeter(network: Network): TrafficMeter {
  const none: Traffic = { sentBytes: 0, receivedBytes: 0 }
  const trafficByPeer = new Map<PeerId, Traffic>()
  let totals = none

  function add(peer: PeerId, sentBytes: number, receivedBytes: number): void {
    const before = trafficByPeer.get(peer) ?? none
    trafficByPeer.set(peer, { sentBytes: before.sentBytes + sentBytes, receivedBytes: before.receivedBytes + receivedBytes })
    totals = { sentBytes: totals.sentBytes + sentBytes, receivedBytes: totals.receivedBytes + receivedBytes }
  }

  function counted(channel: Channel): Channel {
    const { peer } = channel
    return {
      peer,
      write: async (bytes) => {
        const { length } = bytes
        await channel.write(bytes)
        add(peer, length, 0)
      },
      read: async (options) => {
        const bytes = await channel.read(options)
        if (bytes) add(peer, 0, bytes.length)
        return bytes
      },
      close: () => channel.close(),
      abort: () => channel.abort(),
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
    of: (peer) => trafficByPeer.get(peer) ?? none,
    totals: () => totals,
  }
}
