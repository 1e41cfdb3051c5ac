import { spawn, spawnSync, type ChildProcess, type SpawnOptions } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A person's line to the internet. Absent values are those of a fast line. */
export interface Line {
  /** Mbit/s towards the others. At 0 the line stalls; waiting packets leave when it is tuned to a rate again. */
  readonly up?: number
  /** Mbit/s from the others. */
  readonly down?: number
  /** One way, from here to the middle; between two people both of their delays count. */
  readonly delayMs?: number
  /** Longest wait of a packet in the queue of either direction; a packet that would wait longer is dropped. */
  readonly queueMs?: number
  /** Share of packets that are lost, in each direction. */
  readonly loss?: number
}

/** Traffic of a line, in bytes of IP packets. */
export interface LineFigures {
  readonly sentBytes: number
  readonly gotBytes: number
  /** Bytes of packets that met a full queue of this line, or were lost on it. */
  readonly droppedBytes: number
}

/** Network namespaces that are joined by lines and reach nothing else. */
export interface Box {
  /** Returns the IPv4 address of a person. */
  addressOf(name: string): string
  /** Returns the words that run `command` in a person's namespace, for a program that something else starts. */
  commandOf(name: string, command: string): readonly [string, ...string[]]
  /** Starts a program in a person's namespace. It ends with the box at the latest. */
  run(name: string, command: string, args?: readonly string[], options?: SpawnOptions): ChildProcess
  /** Changes the lines named here; values absent from a line are those of a fast line again. */
  tune(lines: Readonly<Record<string, Line>>): Promise<void>
  figures(): Promise<Readonly<Record<string, LineFigures>>>
  /**
   * Returns the round trips since the last call, in ms, from a person to the middle and back: one each 100 ms, through the queues of that
   * line. The first call starts them and returns none.
   */
  pings(name: string): Promise<readonly number[]>
  /** Ends all programs in the box and removes it. */
  close(): Promise<void>
}

const program = fileURLToPath(new URL('lines.py', import.meta.url))
const FAST = { up: 400, down: 400, delayMs: 0, queueMs: 500, loss: 0 } as const satisfies Line

/** Returns a sentence that says why this machine can have no box; undefined when it can. */
export function whyNoBox(): string | undefined {
  if (process.platform !== 'linux') return 'Only Linux has network namespaces.'
  if (process.getuid?.() !== 0) return 'Only root may make network namespaces.'
  if (spawnSync('ip', ['-Version']).status !== 0) return 'There is no program "ip" here (package iproute2).'
  if (!existsSync('/dev/net/tun')) return 'There is no /dev/net/tun here.'
  if (spawnSync('python3', ['--version']).status !== 0) return 'There is no program "python3" here.'
  const { status, stderr } = spawnSync('python3', [program, 'check'], { encoding: 'utf8' })
  return status === 0 ? undefined : `No namespace could be made here: ${stderr.trim().split('\n').at(-1)}`
}

/**
 * Opens a box with a namespace for each name of `lines`. The box ends with this process, even when the process is killed; the next box
 * removes the namespaces of a box whose own program was killed.
 * @throws Error with the last output of the box's program when it cannot open one; calls of an open box throw the same when the program
 * ends early
 */
export async function openBox(lines: Readonly<Record<string, Line>>): Promise<Box> {
  const addresses = new Map(Object.keys(lines).map((name, at) => [name, `10.9.${at >> 7}.${(at & 127) + 1}`]))
  // A process group of its own: Ctrl-C reaches this process only, and the end of this process ends the box.
  const carrier = spawn('python3', [program, 'run'], { stdio: ['pipe', 'pipe', 'pipe'], detached: true })
  const errors: string[] = []
  const answers: ((line: string) => void)[] = []
  const failures: ((error: Error) => void)[] = []
  createInterface({ input: carrier.stderr }).on('line', (line) => errors.push(line))
  createInterface({ input: carrier.stdout }).on('line', (line) => {
    failures.shift()
    answers.shift()?.(line)
  })
  const ended = once(carrier, 'close')
  let isOver = false
  void ended.then(() => {
    isOver = true
    for (const fail of failures.splice(0)) fail(gone())
  })
  carrier.stdin.on('error', () => undefined)
  const gone = () => new Error(`the box is gone: ${errors.slice(-5).join('\n')}`)

  function ask(order: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (isOver) return reject(gone())
      answers.push((line) => resolve(JSON.parse(line)))
      failures.push(reject)
      carrier.stdin.write(`${JSON.stringify(order)}\n`)
    })
  }
  function order(changed: Readonly<Record<string, Line>>) {
    const specs = Object.entries(changed).map(([name, line]) => {
      const { up, down, delayMs, queueMs, loss } = { ...FAST, ...line }
      const spec = { address: addressOf(name), up: up * 1e6, down: down * 1e6, delay: delayMs / 1000, queue: queueMs / 1000, loss }
      return [name, spec] as const
    })
    return { lines: Object.fromEntries(specs) }
  }
  function addressOf(name: string): string {
    const address = addresses.get(name)
    if (address === undefined) throw new Error(`nobody in the box is called ${name}`)
    return address
  }

  const spaces = (await ask(order(lines))) as Readonly<Record<string, string>>
  function commandOf(name: string, command: string) {
    addressOf(name)
    return ['ip', 'netns', 'exec', spaces[name] ?? '', command] as const
  }
  return {
    addressOf,
    commandOf,
    run(name, command, args = [], options = {}) {
      const [first, ...rest] = commandOf(name, command)
      return spawn(first, [...rest, ...args], options)
    },
    async tune(changed) {
      await ask(order(changed))
    },
    figures: async () => (await ask({ do: 'figures' })) as Readonly<Record<string, LineFigures>>,
    async pings(name) {
      addressOf(name)
      return (await ask({ do: 'pings', name })) as readonly number[]
    },
    async close() {
      carrier.stdin.end()
      await ended
    },
  }
}
