import { readdir, readFile } from 'node:fs/promises'

/** Watches what a browser takes. */
export interface MemoryWatch {
  /** MiB at the beginning. */
  readonly start: number
  /** Ends the watch and returns the highest sum seen, in MiB. */
  stop(): Promise<number>
}

const SAMPLE_MS = 500

/** Samples the proportional set size of process `pid` and all its descendants. Linux only: undefined elsewhere. */
export async function watchMemory(pid: number): Promise<MemoryWatch | undefined> {
  if (process.platform !== 'linux') return undefined
  const start = await familySize(pid)
  let highest = start
  let isWatching = true
  const watching = (async () => {
    while (isWatching) {
      await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS))
      highest = Math.max(highest, await familySize(pid))
    }
  })()
  return {
    start,
    async stop() {
      isWatching = false
      await watching
      return highest
    },
  }
}

async function familySize(root: number): Promise<number> {
  const parents = new Map<number, number>()
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => undefined)
    // The name of the program stands in brackets and may hold anything; the parent is the second field after it.
    const parent = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[1]
    if (parent !== undefined) parents.set(Number(name), Number(parent))
  }
  const isFamily = (pid: number | undefined): boolean => pid !== undefined && pid > 1 && (pid === root || isFamily(parents.get(pid)))
  const sizes = await Promise.all([...parents.keys()].filter(isFamily).map(proportionalSize))
  return sizes.reduce((sum, size) => sum + size, 0)
}

async function proportionalSize(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '')
  return Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) / 1024
}
