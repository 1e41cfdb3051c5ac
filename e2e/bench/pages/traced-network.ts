import type { Channel, Network } from '../../../src/ports/network.ts'

/** What reading a part of a file said to others. */
export interface Trace {
  /** Round trips that had to follow each other: the opening of a stream is one, a request and its answer another. */
  readonly rounds: number
  readonly receivedBytes: number
}

/** A network that is overheard. */
export interface TracedNetwork {
  overhear(network: Network): Network
  /** Forgets what was heard, and names the conversations to listen to from now on. */
  begin(): void
  end(): Trace
}

/** Conversations that reads hold; hello and the like go on beside them. */
const LISTENED = ['/scatterhoard/shard/1', '/scatterhoard/group/1']

/** Returns a trace that puts no byte, stream or wait of its own between a peer and its network. */
export function createTracedNetwork(): TracedNetwork {
  /** Rounds behind the latest answer: what is asked now has at least waited for these. */
  let behind = 0
  let receivedBytes = 0

  const answered = (round: number): void => void (behind = Math.max(behind, round))

  function watched(channel: Channel): Channel {
    // An answer to what was asked before the trace began ends no round of it.
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
