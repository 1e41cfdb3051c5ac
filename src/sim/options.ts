import { parseArgs } from 'node:util'
import type { Without } from './model/swarm.ts'

/** The options with which the simulator was started. */
export interface SimOptions {
  readonly mode: 'model' | 'real'
  /** File of a population. */
  readonly population: string
  /** File of a policy, or `practice-fast`. */
  readonly policy: string | undefined
  readonly seed: number
  readonly days: number
  readonly without: ReadonlySet<Without>
  /** Whole peers run with the product's coder and verifier, in place of quicker ones. */
  readonly isExact: boolean
  /** File to which the result is written. */
  readonly json: string | undefined
}

/** The usage line of the simulator. */
export const usage =
  'npm run sim -- [--real|--model] [--population FILE] [--policy FILE] [--seed N] [--days N] [--without guardian|reintegration|scratch] [--exact] [--json FILE]'

const parts = ['guardian', 'reintegration', 'scratch'] as const
/** Parts that a whole peer cannot do without. */
const modelOnly: readonly Without[] = ['reintegration', 'scratch']
const MOST_DAYS = 3_650

/** Returns the options in `args`, or a sentence that says what is wrong with them. */
export function parseSimOptions(args: readonly string[]): SimOptions | string {
  const values = parseValues(args)
  if (typeof values === 'string') return values
  if (values.real === true && values.model === true) return 'Choose one of --real and --model.'
  const seed = Number(values.seed ?? 1)
  if (values.seed === '' || !Number.isSafeInteger(seed) || seed < 0) return '--seed is a whole number from 0 on.'
  const days = Number(values.days ?? (values.real === true ? 30 : 730))
  if (values.days === '' || !(days > 0 && days <= MOST_DAYS)) return `--days is a number above 0, at most ${MOST_DAYS}.`
  const without = (values.without ?? []).flatMap((each) => each.split(','))
  const unknown = without.find((each) => !parts.some((part) => part === each))
  if (unknown !== undefined) return `--without is one of ${parts.join(', ')}, not ${unknown}.`
  const missing = modelOnly.find((part) => values.real === true && without.includes(part))
  if (missing !== undefined) return `--without ${missing} is for --model: whole peers have no policy for it.`
  if (values.exact === true && values.real !== true) return '--exact is for --real.'
  return {
    mode: values.real === true ? 'real' : 'model',
    population: values.population ?? (values.real === true ? 'sim/mixed-100.json' : 'sim/mixed-300.json'),
    policy: values.policy,
    seed,
    days,
    without: new Set(parts.filter((part) => without.includes(part))),
    isExact: values.exact === true,
    json: values.json,
  }
}

function parseValues(args: readonly string[]) {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  try {
    return parseArgs({
      args: [...args],
      options: {
        real: flag,
        model: flag,
        population: text,
        policy: text,
        seed: text,
        days: text,
        without: { type: 'string', multiple: true },
        exact: flag,
        json: text,
      },
    }).values
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
