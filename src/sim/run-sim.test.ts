import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { parseSimOptions } from './options.ts'
import { runSim } from './run-sim.ts'

const folder = mkdtempSync(join(tmpdir(), 'sim-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Runs the simulator; returns its exit code and what it said. */
async function ran(...args: readonly string[]): Promise<{ readonly code: number; readonly said: string; readonly wrong: string }> {
  let [said, wrong] = ['', '']
  const code = await runSim(args, { print: (text) => (said += text), error: (text) => (wrong += text) })
  return { code, said, wrong }
}

function fileOf(name: string, json: unknown): string {
  const path = join(folder, name)
  writeFileSync(path, typeof json === 'string' ? json : JSON.stringify(json))
  return path
}

const steady = { name: 'steady', count: 30, session: [20, 0.5], gap: [4, 0.5], lifeDays: 60, offerBytes: 1e9 }
const population = { classes: [steady], files: { count: 20, bytes: 1_000_000 } }

describe('the simulator', () => {
  it('prints a table and a picture, and writes its figures as JSON; the same arguments give the same bytes', async () => {
    const file = fileOf('steady.json', population)
    const into = async (name: string) => {
      const json = join(folder, name)
      const { code, said } = await ran('--model', '--population', file, '--days', '20', '--seed', '7', '--json', json)
      return { code, said, json: readFileSync(json, 'utf8') }
    }
    const first = await into('one.out')
    expect(await into('two.out')).toEqual(first)
    const { code, said, json } = first
    expect(code).toBe(0)
    expect(said).toContain('20, any 3 of 15 pieces, repaired below 12')
    expect(said).toContain('known pieces of a segment over time')
    expect(Object.keys(JSON.parse(json) as object)).toEqual([
      'seed',
      'days',
      'people',
      'segments',
      'lost',
      'wrongBytes',
      'repairBytes',
      'storedBytes',
      'unavailable',
      'meanKnown',
      'leastKnown',
      'repairs',
      'duplicates',
      'peakHourBytes',
      'liarsPlaced',
    ])
  })

  it('ends with code 2 and the key when a file is wrong', async () => {
    const nobody = fileOf('nobody.json', { ...population, classes: [{ ...steady, count: 0 }] })
    expect(await ran('--model', '--population', nobody)).toMatchObject({
      code: 2,
      said: '',
      wrong: expect.stringContaining('classes[0].count'),
    })
    const policy = fileOf('policy.json', { guardian: { scan: 1 } })
    expect(await ran('--model', '--policy', policy)).toMatchObject({ code: 2, said: '', wrong: expect.stringContaining('guardian.scan') })
    const torn = fileOf('torn.json', '{')
    expect(await ran('--model', '--population', torn)).toMatchObject({ code: 2, wrong: `${torn} is not JSON.` })
    expect(await ran('--model', '--population', 'no such file')).toMatchObject({ code: 2, wrong: 'no such file cannot be read.' })
  })

  it.each([
    [['--days', '0'], '--days'],
    [['--days', 'x'], '--days'],
    [['--seed', '-1'], '--seed'],
    [['--seed=1.5'], '--seed'],
    [['--without', 'people'], '--without'],
    [['--real', '--model'], '--real'],
    [['--speed', '1'], '--speed'],
    [['--exact'], '--exact'],
    [['--real', '--without', 'scratch'], '--without scratch'],
    [['--real', '--without', 'guardian,reintegration'], '--without reintegration'],
  ])('ends with code 2 at %s', async (args, named) => {
    expect(parseSimOptions(args)).toContain(named)
    expect(await ran(...args)).toMatchObject({ code: 2, said: '', wrong: expect.stringContaining('npm run sim') })
  })

  it.each([
    ['of several segments', { count: 1, bytes: 40_000_000 }],
    ['that memory does not hold', { count: 1_000, bytes: 10_000_000 }],
  ])('ends with code 2 and the key when whole peers would get files %s', async (_name, files) => {
    const wide = fileOf('wide.json', { ...population, files })
    expect(await ran('--real', '--population', wide)).toMatchObject({ code: 2, said: '', wrong: expect.stringContaining('files.bytes') })
  })

  it('takes several parts away at once', () => {
    const options = parseSimOptions(['--without', 'scratch', '--without', 'guardian'])
    expect(typeof options === 'string' ? options : [...options.without]).toEqual(['guardian', 'scratch'])
  })
})
