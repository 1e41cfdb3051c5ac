import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parsePolicy } from '../../core/policy.ts'
import { isProblem, parsePopulation } from '../population.ts'
import { runModel } from './run-model.ts'

interface Kind {
  readonly name: string
  readonly offerBytes: number
  readonly upBytesPerSecond?: number
}

const mixed = JSON.parse(readFileSync(new URL('../mixed-300.json', import.meta.url), 'utf8')) as { classes: Kind[] }
/** All rates and offers are so much less, and times the same: a sixty-fourth of the segments fills the thin line. */
const SCALE = 64

test('[ADM7] a home behind 32 KiB/s that offers 100 GB takes 13 GB, and never has a day to send, though a third of all pages is wiped', () => {
  const classes = mixed.classes.map((kind) => ({
    ...kind,
    offerBytes: kind.offerBytes / SCALE,
    upBytesPerSecond: (kind.upBytesPerSecond ?? 125_000) / SCALE,
  }))
  const [home] = classes
  const thin = { ...home, name: 'thin', count: 1, offerBytes: 100e9 / SCALE, upBytesPerSecond: (32 * 1024) / SCALE }
  const events = ['pinned', 'pinned overnight', 'casual', 'phones'].map((name) => ({ day: 20, is: 'wipe', share: 0.3, class: name }))
  const population = parsePopulation({ classes: [...classes, thin], files: { count: 120, bytes: 15_000_000 }, events })
  if (isProblem(population)) throw new Error(`${population.key}: ${population.reason}`)
  const policy = parsePolicy({ guardian: { bytesPerSecond: (64 * 1024) / SCALE } })
  const { kept, lost } = runModel({ population, policy, seed: 1, days: 60, without: new Set() })
  const { meanBytes = 0, longestQueueHours = Infinity } = kept.find(({ name }) => name === 'thin') ?? {}
  expect(meanBytes * SCALE).toBeLessThanOrEqual(13_107_200_000)
  expect(meanBytes * SCALE).toBeGreaterThan(11e9)
  expect(longestQueueHours).toBeLessThan(24)
  expect(lost).toBe(0)
})
