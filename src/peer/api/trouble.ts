import type { TroubleView } from './file-view.ts'
import { codeOf, errorFacts } from '../../core/errors.ts'

/** Returns the code and facts of an error for the screens, also of one that crossed a worker boundary. */
export function troubleOf(error: unknown): TroubleView {
  const code = codeOf(error)
  return code === undefined ? { code: 'storage-unavailable', facts: { message: String(error) } } : { code, facts: errorFacts(error) }
}
