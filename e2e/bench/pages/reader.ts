import { createBrowserRandom } from '../../../src/adapters/browser/browser-random.ts'
import { createMetronomeClock } from '../../../src/adapters/browser/metronome-clock.ts'
import type { OpenedFile } from '../../../src/peer/index.ts'
import { startPeer } from '../../../src/start-peer.ts'
import { createTracedNetwork, type Trace } from './traced-network.ts'

/** The trace and the time of one read's first byte. */
export interface FirstByte extends Trace {
  readonly ms: number
}

const traced = createTracedNetwork()
const peer = startPeer(createMetronomeClock(), createBrowserRandom(), { overhear: (network) => traced.overhear(network) })
let opened: OpenedFile | undefined

const bench = {
  /** Opens a link and resolves with the size of its file once its holders are connected and its first byte is read. */
  async open(fragment: string, holders: number): Promise<number> {
    const link = (await peer).openLink(fragment)
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (link.snapshot().meter.value >= holders) resolve()
      }
      link.watch(look)
      look()
    })
    opened = await link.file()
    await firstByte(0)
    return opened.size
  },
  firstByte,
  /** Milliseconds from hello to answer, for everybody who is here. */
  async roundTrips(): Promise<number[]> {
    const { people } = (await peer).snapshot()
    return people.flatMap(({ latencyMs }) => latencyMs ?? [])
  },
}

/** Reads one byte at `offset`. */
async function firstByte(offset: number): Promise<FirstByte> {
  if (opened === undefined) throw new Error('no link is open')
  traced.begin()
  const began = performance.now()
  for await (const bytes of opened.read({ start: offset, end: offset + 1 })) {
    if (bytes.length !== 1) throw new Error(`${bytes.length} bytes came for one`)
  }
  return { ms: performance.now() - began, ...traced.end() }
}

export type ReaderBench = typeof bench

Object.assign(globalThis, { bench })
