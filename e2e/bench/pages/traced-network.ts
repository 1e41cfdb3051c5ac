import type { Channel, Network } from '../../../src/ports/network.ts'

/** The traffic that the read of a part of a file caused. */
export interface Trace {
  /** Round trips that had to follow each other: opening a stream is one, a request with its answer is another. */
  readonly rounds: number
  readonly receivedBytes: number
}

/** A network whose traffic can be traced. */
export interface TracedNetwork {
  overhear(network: Network): Network
  /** Forgets the trace so far, and names the conversations to trace from now on. */
  begin(): void
  end(): Trace
}

/** Conversations that reads use; hello and others go on beside them. */
const LISTENED = ['/scatterhoard/shard/1', '/scatterhoard/group/1']

/** Returns a trace that adds no byte, stream or wait between a peer and its network. */
export function createTracedNetwork(): TracedNetwork {
  /** Rounds before the latest answer: a request sent now has waited at least for these. */
  let behind = 0
  let receivedBytes = 0

  const answered = (round: number): void => void (behind = Math.max(behind, round))

  function watched(channel: Channel): Channel {
    // An answer to a request from before the trace ends no round of it.
    let round = 0
    return {
      peer: channel.peer,
      write(bytes) {
        round = behind + 1
        return channel.write(bytes)
      },
      async read(options) {
        const bytes = await channel.read(options)
        if (bytes !== undefined) {
          answered(round)
          receivedBytes += bytes.length
        }
        return bytes
      },
      close: () => channel.close(),
      abort: () => channel.abort(),
      watchArrivals: (listener) => channel.watchArrivals(listener),
    }
  }

  return {
    overhear: (network) => ({
      ...network,
      async open(peer, protocol, options) {
        if (!LISTENED.includes(protocol)) return network.open(peer, protocol, options)
        const round = behind + 1
        const channel = await network.open(peer, protocol, options)
        answered(round)
        return watched(channel)
      },
    }),
    begin() {
      behind = 0
      receivedBytes = 0
    },
    end: () => ({ rounds: behind, receivedBytes }),
  }
}
