import { measureIdle } from '../../src/sim/idle.rig.ts'
import type { Scene } from '../scene.ts'
import type { Figure } from './figure.ts'

/** Numbers of people: a household, a row of the code table, and more than one answer of an introducer names. */
const PEOPLE = [12, 50, 110]
const HOUR_MS = 3_600_000
/** Goals for each peer and day. */
const [MOST_MB, MOST_CPU_SECONDS] = [4, 60]

/** Measures what being there costs, over the memory network and a virtual clock: no page and no relay takes part. */
export async function measureIdlePeers(_scene: Scene): Promise<readonly Figure[]> {
  const figures: Figure[] = []
  for (const people of PEOPLE) {
    const { sentBytes, cpuMs, streams, connections } = await measureIdle(people, HOUR_MS)
    const reference = `${people} people, ${Math.round(streams)} streams, ${connections.join(' / ')} lines`
    figures.push(
      atMost(`idle conversations of a peer, ${people} people`, sentBytes / 1e6, 'MB/day', reference, MOST_MB),
      atMost(`idle CPU of a peer, ${people} people`, cpuMs / 1000, 's/day', reference, MOST_CPU_SECONDS),
    )
  }
  return figures
}

function atMost(figure: string, value: number, unit: string, reference: string, most: number): Figure {
  return { figure, value, unit, reference, ratio: null, goal: `at most ${most} ${unit}`, met: value <= most }
}
