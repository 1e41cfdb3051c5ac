import { type Shape, uint } from '../core/encoding.ts'
import { HoardError, codeOf, errorFacts } from '../core/errors.ts'

const refusals = ['FULL', 'QUOTA', 'BUSY', 'RATE', 'UNKNOWN', 'EXPIRED', 'BAD-SIGNATURE', 'BAD-REQUEST', 'BUSY-REPAIRING'] as const

/** Reasons for which a holder refuses: the closed list. SPEC REF1. */
export type Refusal = (typeof refusals)[number]

/** A refusal on the wire: its place in the list, from 1 on. SPEC REF1. */
export const refusalShape: Shape<Refusal> = {
  write: (refusal) => refusals.indexOf(refusal) + 1,
  read: (item) => {
    const refusal = refusals[uint(refusals.length, 1).read(item) - 1]
    if (refusal === undefined) throw new HoardError('format-invalid', { reason: 'unknown refusal' })
    return refusal
  },
}

/**
 * Returns the error that both sides use for `refusal`: 'holder-refused' with the fact `refusal`.
 * @param kept index of the shard that the holder keeps in place of the one that was offered; it becomes the fact `kept`
 */
export function refused(refusal: Refusal, kept?: number): HoardError {
  return new HoardError('holder-refused', { refusal, ...(kept !== undefined && { kept }) })
}

/**
 * Tells whether the stream ends after `refusal`: a peer that sends wrong things, or too many of them, has to open another one. SPEC WRK2.
 */
export function endsConversation(refusal: Refusal): boolean {
  return refusal === 'BAD-SIGNATURE' || refusal === 'RATE'
}

/** Returns the index of the shard of the same segment that the holder keeps, if it refused with `error` for that reason. SPEC ADM3. */
export function keptInstead(error: unknown): number | undefined {
  if (refusalOf(error) === undefined) return undefined
  const { kept } = errorFacts(error)
  return typeof kept === 'number' ? kept : undefined
}

/** Returns the refusal in `error`, also in one that crossed a worker boundary, else undefined. */
export function refusalOf(error: unknown): Refusal | undefined {
  if (codeOf(error) !== 'holder-refused') return undefined
  const { refusal } = errorFacts(error)
  return refusals.find((each) => each === refusal)
}

/**
 * Returns the refusal with which a holder answers after its work ended with `error`, or undefined when the stream is to be dropped without
 * an answer.
 * Source: SPEC.md REF2.
 */
export function refusalFor(error: unknown): Refusal | undefined {
  switch (codeOf(error)) {
    case 'holder-refused':
      return refusalOf(error)
    case 'signature-invalid':
      return 'BAD-SIGNATURE'
    case 'format-invalid':
    case 'format-unknown':
    case 'shard-damaged':
      return 'BAD-REQUEST'
    case 'storage-full':
      return 'FULL'
    case 'storage-damaged':
    case 'not-found':
      return 'UNKNOWN'
    case 'storage-unavailable':
    case 'worker-died':
      return 'BUSY'
    default:
      return undefined
  }
}
