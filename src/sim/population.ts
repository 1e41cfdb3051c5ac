/** Ways in which somebody lies: it serves wrong bytes, keeps and does not serve, claims what it never had, or says it repairs and does not. */
export const lies = ['wrong-bytes', 'silent', 'empty', 'idle-guardian'] as const
export type Lie = (typeof lies)[number]

/** Mean and sigma of a lognormal time; the mean is that of the time itself, in hours. */
export interface Lognormal {
  readonly mean: number
  readonly sigma: number
}

/** People who come and go alike. */
export interface PeopleClass {
  readonly name: string
  readonly count: number
  readonly session: Lognormal
  readonly gap: Lognormal
  /** Hours of the local day, from 0 to 24, between which sessions begin; all day where they are 0 and 24. */
  readonly awake: readonly [number, number]
  /** Hours by which the clocks of its people differ from UTC at most, to either side. */
  readonly zone: number
  /** Share of its people who leave for good after 10 days in the mean. */
  readonly leaveEarly: number
  /** Mean days after which the others leave for good. */
  readonly lifeDays: number
  /** Mean days after which the browser clears everything, keys included; undefined for never. */
  readonly evictDays: number | undefined
  readonly offerBytes: number
  readonly upBytesPerSecond: number
  readonly engine: string
  readonly lie: Lie | undefined
}

/** Something that happens to many at once. */
export type PopulationEvent =
  | { readonly is: 'wipe'; readonly day: number; readonly share: number; readonly engine?: string; readonly class?: string }
  | {
      readonly is: 'away'
      readonly day: number
      readonly share: number
      readonly hours: number
      readonly engine?: string
      readonly class?: string
    }
  | { readonly is: 'join'; readonly day: number; readonly class: string; readonly count: number }

/** Who is there, what they store, and what happens to them. */
export interface Population {
  readonly classes: readonly PeopleClass[]
  /** `fill`: offers are scaled until so much of them is used; undefined leaves them as they are. */
  readonly files: { readonly count: number; readonly bytes: number; readonly fill: number | undefined }
  readonly events: readonly PopulationEvent[]
}

/** What is wrong with a population: the dotted key and the reason. */
export interface Problem {
  readonly key: string
  readonly reason: string
}

/** Most people at the start and who join, most files and most bytes of one: beyond them a run takes hours. */
const MOST_PEOPLE = 20_000
const MOST_FILES = 100_000
const MOST_FILE_BYTES = 2 ** 40
const MOST_HOURS = 24 * 3_650

/** Returns the population that `json` describes, or the first thing that is wrong with it. Unknown keys are refused. */
export function parsePopulation(json: unknown): Population | Problem {
  const check = createCheck()
  const given = check.object(json, 'population', ['classes', 'files', 'events'])
  const classes = check.list(given['classes'], 'classes', 1, 64).map((item, at) => classAt(check, item, `classes[${at}]`))
  const files = check.object(given['files'], 'files', ['count', 'bytes', 'fill'])
  const names = classes.map(({ name }) => name)
  const events = check.list(given['events'] ?? [], 'events', 0, 1_000).map((item, at) => eventAt(check, item, `events[${at}]`, names))
  const twice = names.findIndex((name, at) => names.indexOf(name) !== at)
  if (twice >= 0) check.fail(`classes[${twice}].name`, 'named twice')
  const joining = events.reduce((sum, event) => sum + (event.is === 'join' ? event.count : 0), 0)
  if (classes.reduce((sum, { count }) => sum + count, joining) > MOST_PEOPLE) check.fail('classes', `more than ${MOST_PEOPLE} people`)
  const population: Population = {
    classes,
    files: {
      count: check.number(files['count'], 'files.count', { min: 1, max: MOST_FILES, isWhole: true }),
      bytes: check.number(files['bytes'], 'files.bytes', { min: 0, max: MOST_FILE_BYTES, isWhole: true }),
      fill: files['fill'] === undefined ? undefined : check.number(files['fill'], 'files.fill', { min: 0.001, max: 1 }),
    },
    events,
  }
  return check.problem() ?? population
}

/** Tells whether parsing found something wrong. */
export function isProblem(found: Population | Problem): found is Problem {
  return 'reason' in found
}

type Check = ReturnType<typeof createCheck>
const share = { min: 0, max: 1 }
const hours = { min: 0.001, max: MOST_HOURS }
const days = { min: 0.001, max: 100_000 }
const bytes = { min: 0, max: 2 ** 50, isWhole: true }

function classAt(check: Check, item: unknown, key: string): PeopleClass {
  const required = ['name', 'count', 'session', 'gap', 'lifeDays', 'offerBytes']
  const given = check.object(item, key, [...required, 'awake', 'zone', 'leaveEarly', 'evictDays', 'upBytesPerSecond', 'engine', 'lie'])
  const name = check.text(given['name'], `${key}.name`)
  const lognormal = (field: string): Lognormal => {
    const [mean, sigma] = check.list(given[field], `${key}.${field}`, 2, 2)
    return {
      mean: check.number(mean, `${key}.${field}[0]`, hours),
      sigma: check.number(sigma, `${key}.${field}[1]`, { min: 0, max: 5 }),
    }
  }
  const [from, to] = check.list(given['awake'] ?? [0, 24], `${key}.awake`, 2, 2)
  const awake = [
    check.number(from, `${key}.awake[0]`, { min: 0, max: 24 }),
    check.number(to, `${key}.awake[1]`, { min: 0, max: 24 }),
  ] as const
  if (awake[0] >= awake[1]) check.fail(`${key}.awake`, 'ends before it begins')
  return {
    name,
    count: check.number(given['count'], `${key}.count`, { min: 1, max: MOST_PEOPLE, isWhole: true }),
    session: lognormal('session'),
    gap: lognormal('gap'),
    awake,
    zone: check.number(given['zone'] ?? 0, `${key}.zone`, { min: 0, max: 12 }),
    leaveEarly: check.number(given['leaveEarly'] ?? 0, `${key}.leaveEarly`, share),
    lifeDays: check.number(given['lifeDays'], `${key}.lifeDays`, days),
    evictDays: given['evictDays'] == null ? undefined : check.number(given['evictDays'], `${key}.evictDays`, days),
    offerBytes: check.number(given['offerBytes'], `${key}.offerBytes`, bytes),
    upBytesPerSecond: check.number(given['upBytesPerSecond'] ?? 125_000, `${key}.upBytesPerSecond`, { min: 1, max: 2 ** 40 }),
    engine: given['engine'] === undefined ? name : check.text(given['engine'], `${key}.engine`),
    lie: given['lie'] === undefined ? undefined : check.oneOf(given['lie'], `${key}.lie`, lies),
  }
}

function eventAt(check: Check, item: unknown, key: string, names: readonly string[]): PopulationEvent {
  const is = check.oneOf(Object.hasOwn(Object(item), 'is') ? Object(item).is : undefined, `${key}.is`, ['wipe', 'away', 'join'] as const)
  const fields = { wipe: ['share', 'engine', 'class'], away: ['share', 'hours', 'engine', 'class'], join: ['class', 'count'] }[is]
  const given = check.object(item, key, ['day', 'is', ...fields])
  const day = check.number(given['day'], `${key}.day`, { min: 0, max: 36_500 })
  if (is === 'join') {
    const count = check.number(given['count'], `${key}.count`, { min: 1, max: MOST_PEOPLE, isWhole: true })
    return { is, day, count, class: check.oneOf(given['class'], `${key}.class`, names) }
  }
  const whose = {
    share: check.number(given['share'], `${key}.share`, share),
    ...(given['engine'] !== undefined && { engine: check.text(given['engine'], `${key}.engine`) }),
    ...(given['class'] !== undefined && { class: check.oneOf(given['class'], `${key}.class`, names) }),
  }
  return is === 'wipe' ? { is, day, ...whose } : { is, day, ...whose, hours: check.number(given['hours'], `${key}.hours`, hours) }
}

/** Makes values of untrusted JSON. It keeps the first problem and goes on with a value that does no harm. */
function createCheck() {
  let first: Problem | undefined
  const fail = (key: string, reason: string): void => {
    first ??= { key, reason }
  }
  return {
    fail,
    problem: () => first,
    object: (json: unknown, key: string, known: readonly string[]): Readonly<Record<string, unknown>> => {
      if (typeof json !== 'object' || json === null || Array.isArray(json)) {
        fail(key, 'not an object')
        return {}
      }
      const unknown = Object.keys(json).find((name) => !known.includes(name))
      if (unknown !== undefined) fail(key === 'population' ? unknown : `${key}.${unknown}`, 'unknown key')
      return Object.fromEntries(Object.entries(json))
    },
    list: (json: unknown, key: string, min: number, max: number): readonly unknown[] => {
      if (Array.isArray(json) && json.length >= min && json.length <= max) return json
      fail(key, `not a list of ${min === max ? min : `${min} to ${max}`}`)
      return []
    },
    number: (json: unknown, key: string, { min, max, isWhole = false }: { min: number; max: number; isWhole?: boolean }): number => {
      const isFit = typeof json === 'number' && json >= min && json <= max && (!isWhole || Number.isSafeInteger(json))
      if (isFit) return json
      fail(key, `not a ${isWhole ? 'whole number' : 'number'} from ${min} to ${max}`)
      return min
    },
    text: (json: unknown, key: string): string => {
      if (typeof json === 'string' && json.length > 0 && json.length <= 64) return json
      fail(key, 'not a text of 1 to 64 characters')
      return key
    },
    oneOf: <T extends string>(json: unknown, key: string, allowed: readonly T[]): T => {
      const found = allowed.find((each) => each === json) ?? allowed[0]
      if (found !== json) fail(key, `none of ${allowed.join(', ')}`)
      return found as T
    },
  }
}
