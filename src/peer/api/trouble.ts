import type { TroubleView } from './file-view.ts'
import { codeOf, errorFacts } from '../../core/errors.ts'

/** Returns what the screen says about an error: its code and facts, also when it crossed a worker boundary. */
export function troubleOf(error: unknown): TroubleView {
  const code = codeOf(error)
  return code === undefined ? { code: 'storage-unavailable', facts: { message: String(error) } } : { code, facts: errorFacts(error) }
}
