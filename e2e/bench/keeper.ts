import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { root } from '../../setup/install.mjs'
import type { KeeperCost } from '../../src/sim/keeper.rig.ts'
import type { Scene } from '../scene.ts'
import type { Figure } from './figure.ts'

/** Groups of one segment, their owners, people with a claim in each, and those of them who are there: the neighbours of an idle page. */
const [GROUPS, OWNERS, HOLDERS, LIVE] = [10_000, 100, 32, 12]
/** Goals for a peer and day, and for what it keeps in memory. */
const [MOST_MB, MOST_CPU_SECONDS, MOST_MEMORY_MB] = [4, 60, 150]
/** Twelve peers share one process. */
const HEAP_MIB = 8192

/** Measures what keeping 10,000 pieces costs a peer while nobody stores or reads anything: over the memory network and a virtual clock. */
export async function measureKeepers(_scene: Scene): Promise<readonly Figure[]> {
  const program = join(root, 'e2e/bench/keeper-peers.ts')
  const flags = ['--expose-gc', `--max-old-space-size=${HEAP_MIB}`]
  const sizes = [GROUPS, OWNERS, HOLDERS, LIVE].map(String)
  const { status, stdout } = spawnSync(process.execPath, [...flags, program, ...sizes], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (status !== 0) throw new Error(`the peers that keep much ended with ${status}`)
  const cost = JSON.parse(stdout) as KeeperCost
  const kept = `${GROUPS} pieces of ${OWNERS} owners`
  const reference = `${HOLDERS} holders each, ${LIVE} of them there, ${cost.lines} lines`
  return [
    atMost(`conversations sent by a keeper of ${kept}`, cost.sentBytes / 1e6, 'MB/day', reference, MOST_MB),
    atMost('conversations received by it', cost.receivedBytes / 1e6, 'MB/day', reference, MOST_MB),
    atMost('its CPU', cost.cpuMs / 1000, 's/day', 'after its start', MOST_CPU_SECONDS),
    atMost('its memory after the start', cost.startBytes / 1e6, 'MB', 'more than an empty peer', MOST_MEMORY_MB),
    atMost('its memory a day later', cost.memoryBytes / 1e6, 'MB', 'more than an empty peer', MOST_MEMORY_MB),
    measured('its start', cost.startMs / 1000, 's', `CPU ${(cost.startCpuMs / 1000).toFixed(1)} s`),
    measured('its lines', cost.lines, 'lines', 'of 12 that a policy keeps'),
  ]
}

function atMost(figure: string, value: number, unit: string, reference: string, most: number): Figure {
  return { figure, value, unit, reference, ratio: null, goal: `at most ${most} ${unit}`, met: value <= most }
}

function measured(figure: string, value: number, unit: string, reference: string): Figure {
  return { figure, value, unit, reference, ratio: null, goal: '', met: true }
}
