import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'sim-real-'))
afterAll(() => rmSync(folder, { recursive: true }))
const program = fileURLToPath(new URL('../main.ts', import.meta.url))

interface Ran {
  readonly code: number | null
  readonly said: string
  readonly wrong: string
  readonly figures: Readonly<Record<string, number>>
}

let runs = 0

/** Runs the simulator in a process of its own, as `npm run sim` does. */
function ran(...args: readonly string[]): Promise<Ran> {
  const json = join(folder, `${runs++}.out`)
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [program, ...args, '--json', json], (_error, said, wrong) => {
      const figures = child.exitCode === 0 ? (JSON.parse(readFileSync(json, 'utf8')) as Ran['figures']) : {}
      resolve({ code: child.exitCode, said, wrong, figures })
    })
  })
}

function fileOf(name: string, json: unknown): string {
  const path = join(folder, name)
  writeFileSync(path, JSON.stringify(json))
  return path
}

const steady = { name: 'steady', count: 7, session: [60, 0.5], gap: [2, 0.5], lifeDays: 400, offerBytes: 1e9 }
const casual = { name: 'casual', count: 3, session: [3, 0.5], gap: [9, 0.5], lifeDays: 20, leaveEarly: 0.2, offerBytes: 1e8 }
const files = { count: 2, bytes: 9_000 }
const events = [
  { day: 0, is: 'wipe', share: 0.3, class: 'steady' },
  { day: 0.1, is: 'join', class: 'casual', count: 1 },
]
const quick = { presence: { lostAfterMs: 3 * 3_600_000 } }

describe('whole peers', () => {
  it('end in the same state, byte by byte, when they run again, and with the product’s coder and verifier', async () => {
    const population = fileOf('small.json', { classes: [steady, casual], files, events })
    const args = ['--real', '--population', population, '--policy', fileOf('quick.json', quick), '--days', '0.4', '--seed', '5']
    const [first, again] = await Promise.all([ran(...args), ran(...args)])
    expect(first.wrong).toBe('')
    expect(again).toEqual(first)
    expect(first.figures).toMatchObject({ seed: 5, days: 0.4, people: 10, segments: 2, lost: 0, wrongBytes: 0 })
    expect(first.figures['repairs']).toBeGreaterThan(0)
    expect(first.said).toMatch(/read by links at the end +2\n/)
    expect(await ran(...args, '--exact')).toEqual(first)
  })

  it('that are too few to take the files are told of with code 2 and the key', async () => {
    const few = fileOf('few.json', { classes: [{ ...steady, count: 2 }], files: { count: 1, bytes: 100 } })
    expect(await ran('--real', '--population', few, '--days', '1')).toMatchObject({ code: 2, wrong: expect.stringContaining('classes') })
  })
})
