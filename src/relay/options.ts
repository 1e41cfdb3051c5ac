import { parseArgs } from 'node:util'
import { isRelayAddress } from '../core/relay-address.ts'

/** The options of the relay program. */
export interface RelayProgramOptions {
  readonly port: number
  /** Undefined for no STUN. */
  readonly stunPort: number | undefined
  readonly dataFolder: string
  readonly host: string
  readonly announce: readonly string[]
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined
  readonly networkName: string
  /** Deletes the relay's key, so that it becomes another relay. */
  readonly isFresh: boolean
}

/** The usage line of the program. */
export const usage =
  'npm run relay -- [--port 9090] [--stun-port 3478|off] [--data FOLDER] [--host 127.0.0.1] [--announce MULTIADDR]... [--cert FILE --key FILE] [--network NAME] [--fresh]'

/** Returns the options in `args`, or a sentence that says what is wrong with them. */
export function parseRelayOptions(args: readonly string[]): RelayProgramOptions | string {
  const text = { type: 'string' } as const
  let values
  try {
    ;({ values } = parseArgs({
      args: [...args],
      options: {
        port: text,
        'stun-port': text,
        data: text,
        host: text,
        announce: { type: 'string', multiple: true },
        cert: text,
        key: text,
        network: text,
        fresh: { type: 'boolean' },
      },
    }))
  } catch (error) {
    return error instanceof Error ? error.message : 'The options cannot be read.'
  }
  const port = portIn(values.port ?? '9090')
  const stunText = values['stun-port'] ?? '3478'
  const stunPort = stunText === 'off' ? undefined : portIn(stunText)
  if (port === undefined || (stunPort === undefined && stunText !== 'off')) return 'A port is a number from 0 to 65535.'
  if ((values.cert === undefined) !== (values.key === undefined)) return 'A certificate needs its key and a key its certificate.'
  const wrong = values.announce?.find((address) => !isRelayAddress(address))
  if (wrong !== undefined) return `${wrong} is not an address to announce. It looks like this: /dns4/relay.example.org/tcp/443/tls/ws`
  const name = values.network ?? ''
  if (!/^[a-z0-9-]{0,64}$/.test(name)) return 'A network name has at most 64 small letters, digits and hyphens.'
  return {
    port,
    stunPort,
    dataFolder: values.data ?? '.scatterhoard/relay',
    host: values.host ?? '127.0.0.1',
    announce: values.announce ?? [],
    tls: values.cert === undefined || values.key === undefined ? undefined : { certFile: values.cert, keyFile: values.key },
    networkName: name,
    isFresh: values.fresh === true,
  }
}

function portIn(text: string): number | undefined {
  const port = Number(text)
  return /^\d{1,5}$/.test(text) && port <= 65_535 ? port : undefined
}
