import { transferHandlers, type TransferHandler } from 'comlink'
import { HoardError, type ErrorCode, type ErrorFacts, codeOf } from '../../core/errors.ts'

/** A thrown value, as Comlink hands it over. */
interface Thrown {
  readonly value: unknown
}

/** An error in plain values. */
type PlainError =
  | { readonly is: 'hoard'; readonly code: ErrorCode; readonly facts: ErrorFacts }
  | { readonly is: 'error'; readonly message: string; readonly name: string; readonly stack: string | undefined }

/**
 * Makes Comlink carry `HoardError`s with their code and facts; it would lose both. Call it on both sides of a worker boundary, before
 * anything crosses it; a second call changes nothing.
 */
export function carryHoardErrors(): void {
  const present = transferHandlers.get('throw')
  if (!present) return
  const handler: TransferHandler<Thrown, PlainError> = {
    canHandle: (value): value is Thrown => present.canHandle(value),
    serialize: ({ value }) => [plainOf(value), []],
    deserialize(plain) {
      throw plain.is === 'hoard' ? new HoardError(plain.code, plain.facts) : Object.assign(new Error(plain.message), plain)
    },
  }
  transferHandlers.set('throw', handler)
}

function plainOf(error: unknown): PlainError {
  const code = codeOf(error)
  if (code && error instanceof HoardError) return { is: 'hoard', code, facts: error.facts }
  if (error instanceof Error) return { is: 'error', message: error.message, name: error.name, stack: error.stack }
  return { is: 'error', message: String(error), name: 'Error', stack: undefined }
}
