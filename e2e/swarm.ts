import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Lie } from '../src/adapters/memory/lying-shard-store.ts'
import { sealHook } from './seal-watch.ts'

const top = fileURLToPath(new URL('..', import.meta.url))

/** A holder of the practice swarm, from its line of output. */
export interface HolderLine {
  readonly name: string
  readonly peerId: string
  readonly pid: number
  readonly statusUrl: string
  readonly dataFolder: string
}

/** The answer of a holder's `/status`. */
export interface HolderStatus {
  readonly peerId: string
  readonly connections: number
  readonly offer: number
  readonly used: number
  readonly receivedBytes: number
  readonly sentBytes: number
  readonly repair: { readonly placed: number; readonly fetchedBytes: number; readonly sentBytes: number }
  readonly kept: readonly { groupId: string; segmentId: string; index: number; bytes: number; until: number }[]
}

/** A running `npm start`. */
export interface Swarm {
  readonly url: string
  readonly relay: string
  readonly relayPort: number
  readonly networkFile: string
  readonly dataFolder: string
  readonly holders: readonly HolderLine[]
  stop(): Promise<void>
}

interface SwarmOptions {
  readonly peers: number
  readonly dataFolder: string
  /** A policy file, or `practice-fast`. */
  readonly policy?: string
  /** Port of the app, for a start that must be at the address of an earlier one. */
  readonly port?: number
  readonly relayPort?: number
}

/** Starts `npm start` on free ports, and resolves when it says `ready`. */
export async function startSwarm({ peers, dataFolder, policy, port = 0, relayPort = 0 }: SwarmOptions): Promise<Swarm> {
  const args = [
    '--peers',
    String(peers),
    '--data',
    dataFolder,
    '--port',
    String(port),
    '--relay-port',
    String(relayPort),
    '--stun-port',
    '0',
  ]
  const child = run('src/practice/main.ts', policy === undefined ? args : [...args, '--policy', policy], sealsOf(dataFolder))
  const lines = await linesUntil(child, /^ready$/)
  const said = (pattern: RegExp) => lines.map((line) => pattern.exec(line)?.[1]).find((found) => found !== undefined) ?? ''
  const relay = said(/^relay +(\S+)$/)
  return {
    url: said(/^Scatterhoard +(\S+)$/),
    relay,
    relayPort: Number(/\/tcp\/(\d+)\//.exec(relay)?.[1]),
    networkFile: join(dataFolder, 'network.json'),
    dataFolder,
    holders: lines.flatMap((line) => readHolderLine(line) ?? []),
    stop: () => end(child, 'SIGTERM'),
  }
}

/** A relay started by a test itself, and the network file that leads to it. */
export interface OwnRelay {
  readonly address: string
  readonly networkFile: string
  stop(): Promise<void>
}

/** Starts a relay program alone: no app, no holders. Its data lies in `dataFolder`. */
export async function startRelay(dataFolder: string): Promise<OwnRelay> {
  const child = run('src/relay/main.ts', ['--port', '0', '--stun-port', 'off', '--data', dataFolder])
  const lines = await linesUntil(child, /^relay /)
  const address = lines.map((line) => /^relay +(\S+)$/.exec(line)?.[1]).find((found) => found !== undefined) ?? ''
  const networkFile = join(dataFolder, 'network.json')
  await writeFile(networkFile, JSON.stringify({ relays: [address] }))
  return { address, networkFile, stop: () => end(child, 'SIGTERM') }
}

/** A holder started by a test itself. */
export interface OwnHolder extends HolderLine {
  /** Kills it as a power cut would. */
  kill(): Promise<void>
}

/**
 * Starts a holder program of the network in `networkFile`: a new one, or one that comes back with its data. A stranger may use all of its
 * offer, unless `more` names a policy.
 */
export function startHolder(networkFile: string, dataFolder: string, more: readonly string[] = []): Promise<OwnHolder> {
  return startKeeper('src/holder/main.ts', networkFile, dataFolder, more)
}

/** Starts a holder that tells `lie`, seeded by `seed`, after `honest` true answers. */
export function startLiar(
  networkFile: string,
  dataFolder: string,
  { lie, seed, honest }: { readonly lie: Lie; readonly seed: number; readonly honest: number },
): Promise<OwnHolder> {
  return startKeeper('e2e/lying-holder.ts', networkFile, dataFolder, [], [lie, String(seed), String(honest)])
}

async function startKeeper(
  program: string,
  networkFile: string,
  dataFolder: string,
  more: readonly string[],
  first: readonly string[] = [],
): Promise<OwnHolder> {
  const allowance = more.includes('--policy') ? [] : ['--allowance', 'whole-offer']
  const offer = ['--offer', '8GiB', ...allowance, '--status-port', '0']
  const child = run(program, [...first, '--network', networkFile, '--data', dataFolder, ...offer, ...more], sealsOf(dataFolder))
  const lines = await linesUntil(child, /^holder /)
  const holder = lines.flatMap((line) => readHolderLine(line) ?? [])[0]
  if (holder === undefined) throw new Error(`a holder said nothing of itself: ${lines.join('\n')}`)
  return { ...holder, kill: () => end(child, 'SIGKILL') }
}

/** A running `npm run serve`. */
export interface AppServer {
  readonly url: string
  stop(): Promise<void>
}

/** Serves the built app with `networkFile` as its network.json. */
export async function startServer(networkFile: string): Promise<AppServer> {
  const child = run('src/practice/serve-main.ts', ['--network', networkFile, '--port', '0'])
  const lines = await linesUntil(child, /^Scatterhoard /)
  return { url: /http\S+/.exec(lines.join('\n'))?.[0] ?? '', stop: () => end(child, 'SIGTERM') }
}

/** Reads of a status that may fail before the next one. */
const READS = 2

/** Returns the status of a holder. */
export async function readStatus({ statusUrl }: HolderLine): Promise<HolderStatus> {
  for (let tries = 0; ; tries++) {
    try {
      return (await (await fetch(statusUrl)).json()) as HolderStatus
    } catch (error) {
      // A connection that was kept open may be closed by the holder at that very moment.
      if (tries === READS) throw error
    }
  }
}

/** Returns the bytes that all holders together have received, and the bytes of pieces that they keep. */
export async function sumOf(holders: readonly HolderLine[]): Promise<{ readonly received: number; readonly kept: number }> {
  const all = await Promise.all(holders.map((holder) => readStatus(holder)))
  return {
    received: all.reduce((sum, { receivedBytes }) => sum + receivedBytes, 0),
    kept: all.reduce((sum, { kept }) => kept.reduce((bytes, row) => bytes + row.bytes, sum), 0),
  }
}

/** Returns a figure of the relay, by its name on the metrics page. */
export async function readMetric({ relayPort }: Swarm, name: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${relayPort}/metrics`)).text()
  const line = text.split('\n').find((each) => each.startsWith(`${name} `) || each.startsWith(`${name}{`))
  if (line === undefined) throw new Error(`the relay has no figure ${name}`)
  return Number(line.slice(line.lastIndexOf(' ') + 1))
}

/** Kills a process of the swarm at once, and waits until it is gone. */
export async function killProcess(pid: number): Promise<void> {
  process.kill(pid, 'SIGKILL')
  while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 20))
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Returns the folder in which the programs with the data in `dataFolder` note what they seal. */
export function sealsOf(dataFolder: string): string {
  return `${dataFolder}.seals`
}

function run(script: string, args: readonly string[], sealsFolder?: string): ChildProcess {
  const env = sealsFolder === undefined ? process.env : sealHook(sealsFolder)
  return spawn(process.execPath, [join(top, script), ...args], { cwd: top, stdio: ['ignore', 'pipe', 'pipe'], env })
}

function readHolderLine(line: string): HolderLine | undefined {
  const [, name, peerId, pid, statusUrl, dataFolder] = /^holder (\S+) (\S+) pid (\d+) status (\S+) data (.+)$/.exec(line) ?? []
  if (name === undefined || peerId === undefined || statusUrl === undefined || dataFolder === undefined) return undefined
  return { name, peerId, pid: Number(pid), statusUrl, dataFolder }
}

/** Returns the output up to the first line that matches; throws an error with the last output when the program ends before. */
export function linesUntil(child: ChildProcess, last: RegExp): Promise<readonly string[]> {
  const lines: string[] = []
  const errors: string[] = []
  return new Promise((resolve, reject) => {
    if (child.stdout === null || child.stderr === null) throw new Error('no output to read')
    createInterface({ input: child.stderr }).on('line', (line) => errors.push(line))
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line)
      if (last.test(line)) resolve(lines)
    })
    child.once('close', (code) => {
      const said = `the program ended with ${code}:\n${[...lines, ...errors].slice(-30).join('\n')}`
      // One that was killed has no code: one that ended by itself, after it had started, says why in the output of the test.
      if (code !== null && code !== 0) console.error(said)
      reject(new Error(said))
    })
  })
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill(signal)
  await ended
}
