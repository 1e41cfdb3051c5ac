/** Features that Scatterhoard needs of a browser, the most important one first. */
export const needs = [
  'secure-context',
  'crypto',
  'workers',
  'webrtc',
  'tab-channel',
  'storage',
  'database',
  'locks',
  'service-worker',
] as const

/** A feature that Scatterhoard needs of a browser. */
export type Need = (typeof needs)[number]

/** The parts of Scatterhoard that run in a browser: all of them, reading links from memory, or nothing. */
export type Scope = 'everything' | 'reading' | 'nothing'

const scopeWithout: Readonly<Record<Need, Scope>> = {
  'secure-context': 'nothing',
  crypto: 'nothing',
  workers: 'nothing',
  webrtc: 'nothing',
  storage: 'reading',
  database: 'reading',
  locks: 'reading',
  // libp2p keeps its book of peers with it.
  'tab-channel': 'nothing',
  'service-worker': 'everything',
}

/** Returns the most important need among `missing`, undefined when there is none. */
export function worstOf(missing: readonly Need[]): Need | undefined {
  return needs.find((need) => missing.includes(need))
}

/** Returns the parts of Scatterhoard that run in a browser that lacks `missing`. */
export function scopeOf(missing: readonly Need[]): Scope {
  const scopes = missing.map((need) => scopeWithout[need])
  if (scopes.includes('nothing')) return 'nothing'
  return scopes.includes('reading') ? 'reading' : 'everything'
}

/** Returns the need that `value`, a fact of an error, names; undefined when it names none. */
export function needOf(value: unknown): Need | undefined {
  return needs.find((need) => need === value)
}
