import { readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { codeOf, errorFacts, HoardError } from '../core/errors.ts'
import { defaultPolicy, parsePolicy, practiceFastPolicy, type Policy } from '../core/policy.ts'
import { runModel } from './model/run-model.ts'
import { parseSimOptions, usage, type SimOptions } from './options.ts'
import { isProblem, parsePopulation, type Population } from './population.ts'
import { problemOf, runReal } from './real/run-real.ts'
import { jsonOf, reportOf } from './report.ts'

/** Where a run writes to; `error` gets sentences about what is wrong with its arguments. */
export interface SimOutput {
  readonly print: (text: string) => void
  readonly error: (text: string) => void
}

/** Runs the simulator with these arguments. Returns the exit code: 0, or 2 when they, or the files that they name, are wrong. */
export async function runSim(args: readonly string[], { print, error }: SimOutput): Promise<number> {
  const options = parseSimOptions(args)
  if (typeof options === 'string') {
    error(`${options}\n${usage}`)
    return 2
  }
  const population = await readPopulation(options)
  const policy = await readPolicy(options)
  for (const wrong of [population, policy]) {
    if (typeof wrong !== 'string') continue
    error(wrong)
    return 2
  }
  if (typeof population === 'string' || typeof policy === 'string') return 2
  const result = options.mode === 'real' ? await runPeers(options, population, policy) : runModel({ ...options, population, policy })
  if (typeof result === 'string') {
    error(result)
    return 2
  }
  print(reportOf(result))
  if (options.json !== undefined) await writeFile(options.json, jsonOf(result))
  return 0
}

/** Runs whole peers; returns a sentence when they cannot be run with this population. */
async function runPeers({ seed, days, without, isExact, population: place }: SimOptions, population: Population, given: Policy) {
  const wrong = problemOf(population, given)
  if (wrong !== undefined) return `${place}: ${wrong.key}: ${wrong.reason}`
  const guardian = { ...given.guardian, enabled: given.guardian.enabled && !without.has('guardian') }
  try {
    return await runReal({ population, policy: { ...given, guardian }, seed, days, coder: isExact ? 'exact' : 'fast' })
  } catch (thrown) {
    if (codeOf(thrown) !== 'too-few-shards') throw thrown
    const { placed, needed } = errorFacts(thrown)
    return `${place}: classes: only ${String(placed)} of ${String(needed)} files were stored in time: too few people with room`
  }
}

/** Returns the population, or a sentence about what is wrong with it. A name that is no file here is looked for in `src`. */
async function readPopulation({ population: place }: SimOptions): Promise<Population | string> {
  const json = await readJson(place)
  if (typeof json === 'string') return json
  const found = parsePopulation(json.value)
  return isProblem(found) ? `${place}: ${found.key}: ${found.reason}` : found
}

async function readPolicy({ policy: place }: SimOptions): Promise<Policy | string> {
  if (place === undefined) return defaultPolicy
  if (place === 'practice-fast') return practiceFastPolicy
  const json = await readJson(place)
  if (typeof json === 'string') return json
  try {
    return parsePolicy(json.value)
  } catch (thrown) {
    if (thrown instanceof HoardError) return `${place}: ${String(thrown.facts['key'])}: ${String(thrown.facts['reason'])}`
    throw thrown
  }
}

async function readJson(place: string): Promise<{ readonly value: unknown } | string> {
  const own = join(dirname(dirname(fileURLToPath(import.meta.url))), place)
  const text = await readFile(place, 'utf8').catch(() => readFile(own, 'utf8').catch(() => undefined))
  if (text === undefined) return `${place} cannot be read.`
  try {
    return { value: JSON.parse(text) }
  } catch {
    return `${place} is not JSON.`
  }
}
