import { shardCountFor } from './descriptor.ts'
import { assert, HoardError } from './errors.ts'
import { areSteady, isSteady, type Steadiness } from './healing/steadiness.ts'
import { MAX_SEGMENT_BYTES, MAX_SHARDS, SLICE_BYTES } from './sizes.ts'

/** The safety of a file once m of its pieces are placed. */
export type Grade = 'Fragile' | 'Protected' | 'Strong'

/** A row of the code table: from `holders` people on, k of n. */
export interface CodeRow {
  readonly holders: number
  readonly k: number
  readonly n: number
}

/** The code of a file: any k of n pieces, m of them enough to call it stored. */
export interface FileCode {
  readonly k: number
  readonly m: number
  readonly n: number
}

/** Everything that a network may set for its peers. Times are milliseconds, sizes bytes, shares fractions of 1. */
export interface Policy {
  /** By rising `holders`. */
  readonly code: readonly CodeRow[]
  /** Most sealed bytes of a segment that a store cuts. */
  readonly segment: { readonly bytes: number }
  /** Period of beacons, the absence after which a person of unknown habits counts as lost, and how many lines stay open while idle. */
  readonly presence: { readonly beaconMs: number; readonly lostAfterMs: number; readonly neighbours: number }
  /** Period of scans, wait per rank, life of a claim of repair; bytes a second for what repairs fetch and send together. */
  readonly guardian: {
    readonly scanMs: number
    readonly rankDelayMs: number
    readonly claimMs: number
    readonly enabled: boolean
    readonly bytesPerSecond: number
  }
  readonly audit: { readonly leavesPerDay: number }
  readonly lease: { readonly termMs: number; readonly renewAfterMs: number; readonly graceMs: number }
  /** Milliseconds for which a holder keeps a shard that its owner has ended, and an owner a file that was deleted. */
  readonly trash: { readonly holderMs: number; readonly ownerMs: number }
  /** Period of directory announcements, and the age of a charter from which every group is announced. */
  readonly announce: { readonly everyMs: number; readonly afterMs: number }
  /** Most bytes that one newcomer may place with one holder, and the share of its offer for all newcomers together. */
  readonly ledger: { readonly newcomerBytes: number; readonly newcomersShare: number }
  /** Largest share of a segment's pieces in one network (/24 or /48) and in one browser engine, while others are there. */
  readonly caps: { readonly perNetwork: number; readonly perEngine: number }
}

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** The policy of a network that sets nothing. SPEC POL1. */
export const defaultPolicy: Policy = {
  code: [
    { holders: 3, k: 2, n: 8 },
    { holders: 20, k: 3, n: 15 },
    { holders: 50, k: 4, n: 20 },
    { holders: 100, k: 6, n: 24 },
    { holders: 300, k: 8, n: 32 },
  ],
  segment: { bytes: 16 * 1024 * 1024 },
  presence: { beaconMs: HOUR, lostAfterMs: 48 * HOUR, neighbours: 12 },
  guardian: { scanMs: 6 * HOUR, rankDelayMs: 5 * MINUTE, claimMs: 60 * MINUTE, enabled: true, bytesPerSecond: 64 * 1024 },
  audit: { leavesPerDay: 24 },
  lease: { termMs: 365 * DAY, renewAfterMs: 30 * DAY, graceMs: 60 * DAY },
  trash: { holderMs: 7 * DAY, ownerMs: 30 * DAY },
  announce: { everyMs: 20 * HOUR, afterMs: 30 * DAY },
  ledger: { newcomerBytes: 1024 ** 3, newcomersShare: 0.2 },
  caps: { perNetwork: 0.25, perEngine: 0.6 },
}

/** The default with periods of seconds and quick repairs, so that one person at one desk sees everything happen. SPEC POL2. */
export const practiceFastPolicy: Policy = {
  ...defaultPolicy,
  presence: { beaconMs: 2 * SECOND, lostAfterMs: 10 * SECOND, neighbours: 12 },
  guardian: { scanMs: 5 * SECOND, rankDelayMs: SECOND, claimMs: 30 * SECOND, enabled: true, bytesPerSecond: 16 * 1024 * 1024 },
  audit: { leavesPerDay: 17_280 },
  lease: { termMs: 10 * MINUTE, renewAfterMs: 30 * SECOND, graceMs: MINUTE },
  trash: { holderMs: 20 * SECOND, ownerMs: MINUTE },
  announce: { everyMs: 20 * SECOND, afterMs: 30 * SECOND },
}

/** Bounds of a value of the policy: `true` for a flag, else a whole number or a share between `min` and `max`. */
type Rule = true | { readonly is: 'whole' | 'share'; readonly min: number; readonly max: number }
type Rules = Readonly<Record<string, Readonly<Record<string, Rule>>>>

/** Longest period, 400 days: longer than any term, and dates can still be computed with it. */
const period: Rule = { is: 'whole', min: 1, max: 400 * DAY }
const share: Rule = { is: 'share', min: 0, max: 1 }
const rules = {
  segment: { bytes: { is: 'whole', min: SLICE_BYTES, max: MAX_SEGMENT_BYTES } },
  presence: { beaconMs: period, lostAfterMs: period, neighbours: { is: 'whole', min: 1, max: 48 } },
  guardian: {
    scanMs: period,
    rankDelayMs: period,
    claimMs: period,
    enabled: true,
    bytesPerSecond: { is: 'whole', min: 1024, max: 1024 ** 3 },
  },
  audit: { leavesPerDay: { is: 'whole', min: 0, max: 100_000 } },
  lease: { termMs: period, renewAfterMs: period, graceMs: { is: 'whole', min: 0, max: 60 * DAY } },
  trash: { holderMs: period, ownerMs: period },
  announce: { everyMs: period, afterMs: period },
  ledger: { newcomerBytes: { is: 'whole', min: 0, max: Number.MAX_SAFE_INTEGER }, newcomersShare: share },
  caps: { perNetwork: share, perEngine: share },
} as const satisfies { readonly [Room in Exclude<keyof Policy, 'code'>]: { readonly [Name in keyof Policy[Room]]: Rule } } & Rules

/**
 * Returns `base` with the values that `json` sets; `code` is replaced as a whole.
 * @param json the value of `policy` in `network.json` or in a policy file, untrusted
 * @throws HoardError 'policy-invalid' with the dotted `key` and the `reason`; unknown keys are refused
 * Source: SPEC.md POL3, POL8.
 */
export function parsePolicy(json: unknown, base: Policy = defaultPolicy): Policy {
  const given = objectAt(json, 'policy')
  for (const room of Object.keys(given)) if (room !== 'code' && !Object.hasOwn(rules, room)) refuse(room, 'unknown key')
  const room = <Name extends keyof typeof rules>(name: Name): Policy[Name] => ({ ...base[name], ...checkedRoom(name, given[name]) })
  const [code, segment] = [given['code'] === undefined ? base.code : checkedCode(given['code']), room('segment')]
  const tooWide = code.findIndex(({ k }) => k * SLICE_BYTES > segment.bytes)
  if (tooWide >= 0)
    refuse(given['code'] === undefined ? 'segment.bytes' : `code[${tooWide}].k`, 'a stripe of k slices does not fit a segment')
  return {
    code,
    segment,
    presence: room('presence'),
    guardian: room('guardian'),
    audit: room('audit'),
    lease: room('lease'),
    trash: room('trash'),
    announce: room('announce'),
    ledger: room('ledger'),
    caps: room('caps'),
  }
}

/** Returns m, from how many placed shards on a segment of `k` of `n` counts as stored. SPEC POL4. */
export function placedTarget(k: number, n: number): number {
  return Math.max(k + 1, Math.min(n - Math.ceil(n / 6), Math.ceil((3 * k + 7 * n) / 10)))
}

/**
 * Returns the grade of k of n with people of that `steadiness`. It depends on n - k, the number of shards that may be lost, and is at most what
 * these people can hold. SPEC POL6.
 */
export function gradeOf(k: number, n: number, steadiness: Steadiness): Grade {
  if (!isSteady(steadiness) || n - k < 12) return 'Fragile'
  return n - k >= 18 && steadiness === 'high' ? 'Strong' : 'Protected'
}

/** A row of the table with all that follows from it. */
interface RowCode extends FileCode {
  /** Shards of a segment in all, spares included. */
  readonly t: number
}

/**
 * Returns the row of the table for people with room of these `uptimes`, undefined while they are fewer than the first row asks for. It is a
 * smaller row when fewer than n of them answer, or when the best n of them are not steady enough for its k; the smallest needs no steadiness.
 * In the first row n stays when there are fewer people: each person gets a shard now, and the rest follow as more people appear.
 * @param uptimes of each of these people, from 0 to 1, in any order
 * @param answering how many of the people answer now
 * Source: SPEC.md POL5.
 */
export function codeFor({ code }: Pick<Policy, 'code'>, uptimes: readonly number[], answering = Infinity): RowCode | undefined {
  const best = uptimes.toSorted((a, b) => b - a)
  const rows = code.filter(({ holders, n }, place) => holders <= best.length && (place === 0 ? holders : n) <= answering)
  const row = rows.findLast(({ k, n }) => areSteady(best.slice(0, n), k)) ?? rows[0]
  return row && codeOf(row)
}

/** Returns the first row of the table, whoever is there. */
export function smallestCode({ code: [row] }: Pick<Policy, 'code'>): RowCode {
  assert(row !== undefined, 'a policy has a row')
  return codeOf(row)
}

function codeOf({ k, n }: CodeRow): RowCode {
  return { k, n, m: placedTarget(k, n), t: shardCountFor(n) }
}

/**
 * Tells whether n of a code is at most two thirds of what a file would get today; not when people are too few for any row.
 * Source: SPEC.md RCD1.
 */
export function isNarrow({ n }: Pick<FileCode, 'n'>, today: Pick<FileCode, 'n'> | undefined): boolean {
  return today !== undefined && 3 * n <= 2 * today.n
}

function checkedRoom(room: keyof typeof rules, json: unknown): Readonly<Record<string, number | boolean>> {
  const allowed: Readonly<Record<string, Rule>> = rules[room]
  const checked: Record<string, number | boolean> = {}
  if (json === undefined) return checked
  for (const [name, value] of Object.entries(objectAt(json, room))) {
    const key = `${room}.${name}`
    const rule = Object.hasOwn(allowed, name) ? allowed[name] : undefined
    if (rule === undefined) refuse(key, 'unknown key')
    checked[name] = rule === true ? checkedFlag(value, key) : checkedNumber(value, rule, key)
  }
  return checked
}

function checkedCode(json: unknown): readonly CodeRow[] {
  if (!Array.isArray(json) || json.length === 0 || json.length > 64) refuse('code', 'not a list of 1 to 64 rows')
  const rows: CodeRow[] = []
  for (const [place, item] of json.entries()) {
    const key = `code[${place}]`
    const given = objectAt(item, key)
    for (const name of Object.keys(given)) if (!['holders', 'k', 'n'].includes(name)) refuse(`${key}.${name}`, 'unknown key')
    const whole = (name: string, min: number, max: number) => checkedNumber(given[name], { is: 'whole', min, max }, `${key}.${name}`)
    const row = { holders: whole('holders', 1, 1_000_000), k: whole('k', 2, MAX_SHARDS), n: whole('n', 3, MAX_SHARDS) }
    if (placedTarget(row.k, row.n) > row.n) refuse(key, 'n leaves no shard that may be lost')
    if (shardCountFor(row.n) > MAX_SHARDS) refuse(key, `more than ${MAX_SHARDS} shards with the spares`)
    if (row.holders <= (rows.at(-1)?.holders ?? 0)) refuse(`${key}.holders`, 'not above the row before')
    rows.push(row)
  }
  return rows
}

function checkedNumber(value: unknown, { is, min, max }: Exclude<Rule, true>, key: string): number {
  const isFit = typeof value === 'number' && value >= min && value <= max && (is === 'share' || Number.isSafeInteger(value))
  return isFit ? value : refuse(key, `not a ${is === 'share' ? 'number' : 'whole number'} from ${min} to ${max}`)
}

function checkedFlag(value: unknown, key: string): boolean {
  return typeof value === 'boolean' ? value : refuse(key, 'not true or false')
}

function objectAt(json: unknown, key: string): Readonly<Record<string, unknown>> {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) refuse(key, 'not an object')
  return Object.fromEntries(Object.entries(json))
}

function refuse(key: string, reason: string): never {
  throw new HoardError('policy-invalid', { key, reason })
}
