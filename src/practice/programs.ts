import { spawn, type ChildProcess } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** The programs that this one has started and will stop. */
export interface Programs {
  /**
   * Starts `script` (path from the top of the checkout), writes its output to `logFile`, and resolves with its first output line that
   * matches `awaited`.
   * @throws Error with the last lines of a program that ends before it has printed one
   */
  start(script: string, args: readonly string[], awaited: RegExp, logFile: string): Promise<string>
  /** Asks every program still running to stop, and ends those that have not after `graceMs`. */
  stop(graceMs: number): Promise<void>
}

const top = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

/** Returns an empty set of programs. They end when this process does, however it ends: the channel to it breaks. */
export function createPrograms(): Programs {
  const running = new Set<ChildProcess>()

  async function start(script: string, args: readonly string[], awaited: RegExp, logFile: string): Promise<string> {
    await mkdir(dirname(logFile), { recursive: true })
    const log = createWriteStream(logFile, { flags: 'a' })
    // All programs share most of their modules: with a compile cache a start costs half.
    const env = { NODE_COMPILE_CACHE: join(top, '.build', 'node-cache'), ...process.env }
    const child = spawn(process.execPath, [join(top, script), ...args], { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
    running.add(child)
    child.once('exit', () => running.delete(child))
    const last: string[] = []
    const note = (line: string) => {
      log.write(`${line}\n`)
      last.push(line)
      if (last.length > 20) last.shift()
    }
    return new Promise((resolve, reject) => {
      for (const stream of [child.stdout, child.stderr]) {
        if (stream === null) continue
        createInterface({ input: stream }).on('line', (line) => {
          note(line)
          if (awaited.test(line)) resolve(line)
        })
      }
      child.once('error', reject)
      child.once('close', (code, signal) => {
        log.end()
        reject(new Error(`${script} ended (${signal ?? code}):\n${last.join('\n')}`))
      })
    })
  }

  async function stop(graceMs: number): Promise<void> {
    const ends = [...running].map((child) => new Promise((resolve) => child.once('exit', resolve)))
    for (const child of running) child.kill('SIGTERM')
    const timer = setTimeout(() => {
      for (const child of running) child.kill('SIGKILL')
    }, graceMs)
    await Promise.all(ends)
    clearTimeout(timer)
  }

  return { start, stop }
}
