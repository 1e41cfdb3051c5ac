/** Whose doing a failure is. */
export type Fault = 'owner' | 'holder' | 'network' | 'device'
/** What the caller does about a failure. */
export type Reaction = 'retry-elsewhere' | 'penalise' | 'shrink-offer' | 'tell-user'

const table = {
  'too-few-shards': { fault: 'network', then: 'tell-user' },
  'shard-damaged': { fault: 'holder', then: 'penalise' },
  'record-damaged': { fault: 'holder', then: 'tell-user' },
  'manifest-unreadable': { fault: 'owner', then: 'tell-user' },
  'format-unknown': { fault: 'owner', then: 'tell-user' },
  'format-invalid': { fault: 'owner', then: 'penalise' },
  'signature-invalid': { fault: 'owner', then: 'penalise' },
  'link-malformed': { fault: 'owner', then: 'tell-user' },
  'link-expired': { fault: 'owner', then: 'tell-user' },
  'words-invalid': { fault: 'owner', then: 'tell-user' },
  'policy-invalid': { fault: 'owner', then: 'tell-user' },
  'file-changed': { fault: 'owner', then: 'tell-user' },
  'file-unreadable': { fault: 'owner', then: 'tell-user' },
  'file-refused': { fault: 'owner', then: 'tell-user' },
  'address-refused': { fault: 'owner', then: 'tell-user' },
  'holder-refused': { fault: 'holder', then: 'retry-elsewhere' },
  'holder-silent': { fault: 'holder', then: 'retry-elsewhere' },
  'wire-malformed': { fault: 'holder', then: 'penalise' },
  'peer-unreachable': { fault: 'network', then: 'retry-elsewhere' },
  'relay-unreachable': { fault: 'network', then: 'retry-elsewhere' },
  'stream-closed': { fault: 'network', then: 'retry-elsewhere' },
  'not-found': { fault: 'network', then: 'retry-elsewhere' },
  'storage-full': { fault: 'device', then: 'shrink-offer' },
  'storage-damaged': { fault: 'device', then: 'tell-user' },
  'storage-unavailable': { fault: 'device', then: 'tell-user' },
  'worker-died': { fault: 'device', then: 'retry-elsewhere' },
} as const satisfies Record<string, { fault: Fault; then: Reaction }>

/** Every way in which Scatterhoard fails, by name. */
export type ErrorCode = keyof typeof table
/** What an error knows: plain values only, so that it survives a worker boundary. */
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

/** Returns whose doing `code` is and what to do about it. */
export function policyOf(code: ErrorCode): { readonly fault: Fault; readonly then: Reaction } {
  return table[code]
}

/** Returns the code of a `HoardError`, also of one that crossed a worker boundary, else undefined. */
export function codeOf(error: unknown): ErrorCode | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  const { code } = error
  return typeof code === 'string' && Object.hasOwn(table, code) ? (code as ErrorCode) : undefined
}

/** Tells whether `error` is this device's own doing: full, damaged, without a worker. Nobody else is to pay for it. */
export function isDeviceFault(error: unknown): boolean {
  const code = codeOf(error)
  return code !== undefined && policyOf(code).fault === 'device'
}

/** Ends the program's present task when an invariant of our own does not hold. Never caught. */
export function assert(holds: boolean, invariant: string): asserts holds {
  if (!holds) throw new Error(`broken invariant: ${invariant}`)
}
