/** The side that causes a failure; 'lie' marks the failures that prove that a holder lied. */
type Fault = 'owner' | 'holder' | 'lie' | 'network' | 'device'

const table = {
  'too-few-shards': 'network',
  'shard-damaged': 'lie',
  'record-damaged': 'holder',
  'manifest-unreadable': 'owner',
  'format-unknown': 'owner',
  'format-invalid': 'owner',
  'signature-invalid': 'owner',
  'link-malformed': 'owner',
  'link-expired': 'owner',
  'words-invalid': 'owner',
  'policy-invalid': 'owner',
  'file-changed': 'owner',
  'file-unreadable': 'owner',
  'file-refused': 'owner',
  'address-refused': 'owner',
  'holder-refused': 'holder',
  'holder-silent': 'holder',
  'wire-malformed': 'lie',
  'peer-unreachable': 'network',
  'relay-unreachable': 'network',
  'stream-closed': 'network',
  'not-found': 'network',
  'storage-full': 'device',
  'storage-damaged': 'device',
  'storage-unavailable': 'device',
  'worker-died': 'device',
} as const satisfies Record<string, Fault>

/** Every way in which Scatterhoard fails, by name. */
export type ErrorCode = keyof typeof table
/** Facts that an error carries: plain values only, so that they survive a worker boundary. */
export type ErrorFacts = Readonly<Record<string, string | number | boolean>>

/** The one error class. Compare `code`, never the message or the class: workers lose both. */
export class HoardError extends Error {
  readonly code: ErrorCode
  readonly facts: ErrorFacts
  constructor(code: ErrorCode, facts: ErrorFacts = {}, cause?: unknown) {
    super(`${code} ${JSON.stringify(facts)}`, cause === undefined ? undefined : { cause })
    this.name = 'HoardError'
    this.code = code
    this.facts = facts
  }
}

/** Returns the code of a `HoardError`, also of one that crossed a worker boundary, else undefined. */
export function codeOf(error: unknown): ErrorCode | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  const { code } = error
  return typeof code === 'string' && Object.hasOwn(table, code) ? (code as ErrorCode) : undefined
}

/** Returns the facts of a thrown `error`, also of one that lost its class at a worker boundary. */
export function errorFacts(error: unknown): ErrorFacts {
  if (typeof error !== 'object' || error === null || !('facts' in error)) return {}
  const { facts } = error
  if (typeof facts !== 'object' || facts === null) return {}
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value)))
}

/** Tells whether `error` proves that its holder lied: wrong bytes, not silence or a refusal. Protocol SPEC LIE1. */
export function provesLie(error: unknown): boolean {
  const code = codeOf(error)
  return code !== undefined && table[code] === 'lie'
}

/** Tells whether this device itself caused `error`: it is full, damaged or without a worker. No other peer is to pay for it. */
export function isDeviceFault(error: unknown): boolean {
  const code = codeOf(error)
  return code !== undefined && table[code] === 'device'
}

/** Ignores a failure that the table names. An error of our own making is thrown on, so that tests see it. */
export function ignoreKnownErrors(error: unknown): void {
  if (codeOf(error) === undefined) throw error
}

/** Ends the program's present task when an invariant of our own does not hold. Never caught. */
export function assert(holds: boolean, invariant: string): asserts holds {
  if (!holds) throw new Error(`broken invariant: ${invariant}`)
}
