import { resolve } from 'node:path'
import { parseArgs } from 'node:util'

/** The options with which the practice swarm was started. */
export interface PracticeOptions {
  /** Ports; 0 picks a free one. */
  readonly port: number
  readonly relayPort: number
  readonly stunPort: number
  /** Number of holders. */
  readonly peers: number
  /** File of a policy, or `practice-fast`. */
  readonly policy?: string
  /** Absolute path of the folder for everything that must last. */
  readonly dataFolder: string
  readonly isFresh: boolean
}

/** The usage line of the practice swarm. */
export const usage =
  'npm start -- [--port N] [--relay-port N] [--stun-port N] [--peers N] [--policy FILE|practice-fast] [--data FOLDER] [--fresh]'

/** Returns the options in `args`, with `env` where they are silent, or a sentence that says what is wrong with them. */
export function parsePracticeOptions(args: readonly string[], env: Readonly<Record<string, string | undefined>>): PracticeOptions | string {
  const values = parseValues(args)
  if (typeof values === 'string') return values
  const port = numberIn(values.port ?? env.PORT ?? '4173', 65_535)
  const relayPort = numberIn(values['relay-port'] ?? env.SCATTERHOARD_RELAY_PORT ?? '9090', 65_535)
  const stunPort = numberIn(values['stun-port'] ?? env.SCATTERHOARD_STUN_PORT ?? '3478', 65_535)
  if (port === undefined || relayPort === undefined || stunPort === undefined) return 'A port is a number from 0 to 65535.'
  const peers = numberIn(values.peers ?? env.SCATTERHOARD_PEERS ?? '12', 200)
  if (peers === undefined) return 'The number of peers is one from 0 to 200.'
  const policy = values.policy ?? env.SCATTERHOARD_POLICY
  const dataFolder = resolve(values.data ?? env.SCATTERHOARD_DATA ?? '.scatterhoard')
  return { port, relayPort, stunPort, peers, dataFolder, isFresh: values.fresh === true, ...(policy !== undefined && { policy }) }
}

function parseValues(args: readonly string[]) {
  const text = { type: 'string' } as const
  try {
    return parseArgs({
      args: [...args],
      options: {
        port: text,
        'relay-port': text,
        'stun-port': text,
        peers: text,
        policy: text,
        data: text,
        fresh: { type: 'boolean' },
      },
    }).values
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function numberIn(text: string, max: number): number | undefined {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN
  return number <= max ? number : undefined
}
