import type { TroubleView } from './file-view.ts'
import { codeOf } from '../../core/errors.ts'

/** Returns what the screen says about an error: its code and facts, also when it crossed a worker boundary. */
export function troubleOf(error: unknown): TroubleView {
  const code = codeOf(error) ?? 'storage-unavailable'
  const facts =
    typeof error === 'object' && error !== null && 'facts' in error ? (error.facts as TroubleView['facts']) : { message: String(error) }
  return { code, facts }
}
