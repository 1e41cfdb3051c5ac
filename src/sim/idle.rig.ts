import { defaultPolicy, type Policy } from '../core/policy.ts'
import type { Channel, Network } from '../ports/network.ts'
import { createWorld } from './world.ts'

/** The cost of being there while nobody stores or reads anything, for each peer and simulated day. */
export interface IdleCost {
  readonly people: number
  /** CPU time of both ends of everything, milliseconds. */
  readonly cpuMs: number
  /** Streams that a peer opens. */
  readonly streams: number
  /** Bytes of conversations that a peer sends; as many come in. */
  readonly sentBytes: number
  /** Direct connections of the peer with fewest, of the middle one, and of the one with most; the relay is not counted. */
  readonly connections: readonly [number, number, number]
}

/** Peers meet for this long before anything is counted. */
const MEET_MS = 300_000
const DAY_MS = 86_400_000

/** Returns the cost of `people` holders who know one relay, measured over `ms` milliseconds of their time, five minutes after the last start. */
export async function measureIdle(people: number, ms: number, policy: Policy = defaultPolicy): Promise<IdleCost> {
  const world = createWorld({ seed: `idle ${people}`, policy })
  const count = { streams: 0, bytes: 0 }
  const networks: Network[] = []
  const counted =
    ({ write }: Channel): Channel['write'] =>
    (bytes) => {
      count.bytes += bytes.length
      return write(bytes)
    }
  const overhear = (network: Network): Network => {
    networks.push(network)
    return {
      ...network,
      async open(...args) {
        const channel = await network.open(...args)
        count.streams++
        return { ...channel, write: counted(channel) }
      },
      handle: (protocol, handler, options) =>
        network.handle(protocol, (channel) => handler({ ...channel, write: counted(channel) }), options),
    }
  }
  for (let at = 0; at < people; at++) await world.start(`holder ${at}`, { network: overhear })
  await world.clock.advance(MEET_MS)
  Object.assign(count, { streams: 0, bytes: 0 })
  const before = process.cpuUsage()
  await world.clock.advance(ms)
  const { user, system } = process.cpuUsage(before)
  const perDay = (total: number): number => (total * DAY_MS) / ms / people
  const lines = networks
    .map((network) => network.state().connections.filter(({ isDirect, isRelay }) => isDirect && !isRelay).length)
    .toSorted((a, b) => a - b)
  return {
    people,
    cpuMs: perDay((user + system) / 1000),
    streams: perDay(count.streams),
    sentBytes: perDay(count.bytes),
    connections: [lines[0] ?? 0, lines[Math.floor(people / 2)] ?? 0, lines.at(-1) ?? 0],
  }
}
