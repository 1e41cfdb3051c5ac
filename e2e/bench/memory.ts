import { readdir, readFile } from 'node:fs/promises'

/** Watches the memory of a browser. */
export interface MemoryWatch {
  /** Ends the watch. */
  stop(): Promise<MemoryGrowth>
}

/** Growth of a browser's memory from the beginning of the watch to its highest point, in MiB. */
export interface MemoryGrowth {
  readonly total: number
  /** Growth by kind of process at the moment of the highest total, largest first: "renderer 60, browser 12". */
  readonly parts: string
}

const SAMPLE_MS = 500

/** Samples the proportional set size of process `pid` and all its descendants. Linux only: undefined elsewhere. */
export async function watchMemory(pid: number): Promise<MemoryWatch | undefined> {
  if (process.platform !== 'linux') return undefined
  const start = await familySizes(pid)
  let highest = start
  let isWatching = true
  const watching = (async () => {
    while (isWatching) {
      await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS))
      const sizes = await familySizes(pid)
      if (sum(sizes) > sum(highest)) highest = sizes
    }
  })()
  return {
    async stop() {
      isWatching = false
      await watching
      const growths = [...highest].map(([kind, size]) => [kind, size - (start.get(kind) ?? 0)] as const)
      const parts = growths.toSorted(([, a], [, b]) => b - a).map(([kind, growth]) => `${kind} ${growth.toFixed(0)}`)
      return { total: sum(highest) - sum(start), parts: parts.join(', ') }
    },
  }
}

function sum(sizes: ReadonlyMap<string, number>): number {
  return [...sizes.values()].reduce((total, size) => total + size, 0)
}

/** Returns MiB by kind of process, of `root` and all its descendants. */
async function familySizes(root: number): Promise<ReadonlyMap<string, number>> {
  const parents = new Map<number, number>()
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => undefined)
    // The name of the program stands in brackets and may contain anything; the parent is the second field after it.
    const parent = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[1]
    if (parent !== undefined) parents.set(Number(name), Number(parent))
  }
  const isFamily = (pid: number | undefined): boolean => pid !== undefined && pid > 1 && (pid === root || isFamily(parents.get(pid)))
  const sizes = new Map<string, number>()
  for (const pid of [...parents.keys()].filter(isFamily)) {
    const kind = await kindOf(pid)
    sizes.set(kind, (sizes.get(kind) ?? 0) + (await proportionalSize(pid)))
  }
  return sizes
}

/** Returns the kind of a Chromium process, which its arguments name; the first process has none. */
async function kindOf(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  const [, type = 'browser'] = /--type=([\w-]+)/.exec(text) ?? []
  return /--utility-sub-type=(\w+)/.exec(text)?.[1] ?? type
}

async function proportionalSize(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '')
  return Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) / 1024
}
