import { codeOf, HoardError, type ErrorCode, type ErrorFacts } from '../core/errors.ts'
import type { LinkView, PeerSnapshot } from './api.ts'

/** What the tab that runs the node shows, and which one it is. */
export interface Seen {
  readonly leader: string
  readonly snapshot: PeerSnapshot
}

/** What one tab says to the others. Everything is cloned, so errors travel as code and facts. */
export type TabMessage =
  | { readonly to: 'leader'; readonly from: string; readonly id: number; readonly call: string; readonly args: readonly unknown[] }
  | ({ readonly to: 'all' } & Seen)
  | { readonly to: string; readonly handle: string; readonly view: LinkView }
  | { readonly to: string; readonly id: number; readonly value: unknown }
  | { readonly to: string; readonly id: number; readonly error: { readonly code: ErrorCode | 'other'; readonly facts: ErrorFacts } }

/** Returns `received` when it has the form of a message: a tab that was opened with another version of the app may say anything. */
export function readTabMessage(received: unknown): TabMessage | undefined {
  if (typeof received !== 'object' || received === null) return undefined
  const message: Partial<Record<string, unknown>> = { ...received }
  const isCall = typeof message['from'] === 'string' && typeof message['call'] === 'string' && Array.isArray(message['args'])
  const isAnswer = 'value' in message || isObject(message['error'])
  const isNumbered = typeof message['id'] === 'number' && (isCall || isAnswer)
  const isNews = isObject(message['snapshot']) && typeof message['leader'] === 'string'
  const isView = isObject(message['view']) && typeof message['handle'] === 'string'
  return typeof message['to'] === 'string' && (isNumbered || isNews || isView) ? (received as TabMessage) : undefined
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

/** Returns an error as it travels between tabs. */
export function packError(error: unknown): { readonly code: ErrorCode | 'other'; readonly facts: ErrorFacts } {
  const code = codeOf(error)
  if (code === undefined) return { code: 'other', facts: { message: String(error) } }
  return { code, facts: error instanceof HoardError ? error.facts : {} }
}

/** Returns the error that `packError` packed. */
export function unpackError({ code, facts }: { readonly code: ErrorCode | 'other'; readonly facts: ErrorFacts }): Error {
  return code === 'other' ? new Error(String(facts['message'])) : new HoardError(code, facts)
}
