import { HoardError, type ErrorCode, type ErrorFacts, codeOf, errorFacts } from '../../core/errors.ts'
import { readLimits, type LinkView, type ReadPace } from '../api/link-view.ts'
import type { News, Seen } from './tab-news.ts'

/** A message from one tab to others. Messages are cloned, so errors travel as code and facts. */
export type TabMessage =
  | { readonly to: 'leader'; readonly from: string; readonly id: number; readonly call: string; readonly args: readonly unknown[] }
  | ({ readonly to: 'all' } & Seen)
  /** `leader` runs the node from now on. */
  | { readonly to: 'all'; readonly leader: string; readonly begins: true }
  | { readonly to: 'all'; readonly news: News }
  | { readonly to: string; readonly handle: string; readonly view: LinkView }
  | { readonly to: string; readonly handle: string; readonly pace: ReadPace }
  | { readonly to: string; readonly id: number; readonly value: unknown }
  | { readonly to: string; readonly id: number; readonly error: { readonly code: ErrorCode | 'other'; readonly facts: ErrorFacts } }

/** Returns `message` when it has the form of a message, else undefined: a tab with another version of the app may send anything. */
export function readTabMessage(message: unknown): TabMessage | undefined {
  if (!isObject(message)) return undefined
  const isCall = typeof message['from'] === 'string' && typeof message['call'] === 'string' && Array.isArray(message['args'])
  const isAnswer = 'value' in message || isError(message['error'])
  const isNumbered = typeof message['id'] === 'number' && (isCall || isAnswer)
  const isBegin = message['begins'] === true && typeof message['leader'] === 'string'
  const isWhole = isSnapshot(message['snapshot']) && typeof message['leader'] === 'string' && typeof message['at'] === 'number'
  const isOfHandle = typeof message['handle'] === 'string' && (isObject(message['view']) || isPace(message['pace']))
  return typeof message['to'] === 'string' && (isNumbered || isBegin || isWhole || isNews(message['news']) || isOfHandle)
    ? (message as TabMessage)
    : undefined
}

function isPace(value: unknown): boolean {
  if (!isObject(value)) return false
  const { bytesPerSecond, limit } = value
  return typeof bytesPerSecond === 'number' && bytesPerSecond >= 0 && (limit === undefined || readLimits.some((known) => known === limit))
}

function isError(value: unknown): boolean {
  return isObject(value) && typeof value['code'] === 'string' && isObject(value['facts'])
}

function isNews(value: unknown): boolean {
  if (!isObject(value) || !isObject(value['rest'])) return false
  const { leader, after, at, rest, rows, order = [] } = value
  const isCounted = typeof leader === 'string' && typeof after === 'number' && typeof at === 'number'
  return isCounted && Array.isArray(order) && order.every((id) => typeof id === 'string') && isSnapshot({ ...rest, files: rows })
}

/** Tells whether all lists and objects that the screens read are there. */
function isSnapshot(value: unknown): boolean {
  if (!isObject(value)) return false
  const lists = [value['files'], value['people'], value['relays']]
  const groups = [value['self'], value['connection'], value['give'], value['totals'], value['price']]
  return lists.every((list) => Array.isArray(list) && list.every(isObject)) && groups.every(isObject)
}

function isObject(value: unknown): value is Partial<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

/** Returns an error as it travels between tabs. */
export function packError(error: unknown): { readonly code: ErrorCode | 'other'; readonly facts: ErrorFacts } {
  const code = codeOf(error)
  if (code === undefined) return { code: 'other', facts: { message: String(error) } }
  return { code, facts: errorFacts(error) }
}

/** Returns the error that `packError` packed; if only another version of the app knows its code, it has no code here. */
export function unpackError({ code, facts }: { readonly code: ErrorCode | 'other'; readonly facts: ErrorFacts }): Error {
  const known = codeOf({ code })
  return known === undefined ? new Error(String(facts['message'] ?? code)) : new HoardError(known, facts)
}
