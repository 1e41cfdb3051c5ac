import { parseArgs } from 'node:util'
import { isLoopbackHost } from '../adapters/node/loopback-host.ts'
import { isRelayAddress, relayAddressExample } from '../core/relay-address.ts'
import { parseByteSize } from './byte-size.ts'

/** The options with which the holder program was started. */
export interface HolderOptions {
  /** File or http address of a network.json. */
  readonly network?: string
  /** Multiaddr texts of relays, beside those of the network file. */
  readonly relays: readonly string[]
  readonly dataFolder: string
  readonly offerBytes: number
  /** Deletes everything kept before it starts. */
  readonly isFresh: boolean
  /** Goes on with the readable part of a damaged catalog. */
  readonly isSalvage: boolean
  /** Port of the status page on the loopback address; 0 picks a free one. */
  readonly statusPort: number
  /** File of a policy, or `practice-fast`. */
  readonly policy?: string
  /** Set in the practice swarm. */
  readonly allowance?: 'whole-offer'
}

/** The usage line of the holder program. */
export const usage = `npm run holder -- (--network FILE|URL | --relay ADDRESS) --data FOLDER --offer 10GB [--status-port PORT] [--policy FILE] [--fresh | --salvage]`

/** Returns the options in `args`, or a sentence that says what is wrong with them. */
export function parseHolderOptions(args: readonly string[]): HolderOptions | string {
  const values = parseValues(args)
  if (typeof values === 'string') return values
  const { network, relay: relays = [], data, offer, policy, allowance } = values
  if (network === undefined && relays.length === 0) return 'Say where the network is: --network FILE|URL or --relay ADDRESS.'
  const wrong = relays.find((address) => !isRelayAddress(address))
  if (wrong !== undefined) return `${wrong} is not the address of a relay. It looks like this: ${relayAddressExample}`
  if (network !== undefined && isOpenToAll(network)) return `Anybody on the way could change what ${network} says: use https, or a file.`
  if (data === undefined) return 'Say where to keep the pieces: --data FOLDER.'
  const offerBytes = offer === undefined ? undefined : parseByteSize(offer)
  if (offerBytes === undefined) return 'Say how much to keep: --offer 10GB.'
  if (values.fresh === true && values.salvage === true) return 'Choose one of --fresh and --salvage.'
  const statusPort = Number(values['status-port'] ?? 0)
  if (!Number.isInteger(statusPort) || statusPort < 0 || statusPort > 65_535) return 'The status port is a number from 0 to 65535.'
  if (allowance !== undefined && allowance !== 'whole-offer') return 'The only allowance there is is whole-offer.'
  return {
    relays,
    dataFolder: data,
    offerBytes,
    statusPort,
    isFresh: values.fresh === true,
    isSalvage: values.salvage === true,
    ...(network !== undefined && { network }),
    ...(policy !== undefined && { policy }),
    ...(allowance !== undefined && { allowance }),
  }
}

/** Tells whether `place` is fetched by http from beyond this machine. */
function isOpenToAll(place: string): boolean {
  return /^http:/i.test(place) && !(URL.canParse(place) && isLoopbackHost(new URL(place).host))
}

function parseValues(args: readonly string[]) {
  const text = { type: 'string' } as const
  try {
    return parseArgs({
      args: [...args],
      options: {
        network: text,
        relay: { type: 'string', multiple: true },
        data: text,
        offer: text,
        'status-port': text,
        policy: text,
        allowance: text,
        fresh: { type: 'boolean' },
        salvage: { type: 'boolean' },
      },
    }).values
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
