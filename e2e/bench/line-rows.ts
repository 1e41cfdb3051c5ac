import type { Line } from '../wan/box.ts'

/** A transfer of one file over lines of one kind. */
export interface LineRow {
  readonly is: 'fetch' | 'store'
  readonly mebibytes: number
  /** Line of the person whose page is measured. */
  readonly own: Line & { readonly up: number; readonly down: number }
  /** Line of each holder. */
  readonly holders: Line & { readonly up: number; readonly down: number }
  /** Line of the first holder, where it differs from the others'. */
  readonly slowest?: Line & { readonly up: number }
  /** The line of the holder that has sent most stalls when a tenth of the file has arrived. */
  readonly stallsOne?: true
  /** Least share of the ideal rate; of what bare channels of all holders bring together, where the transport itself is the limit. */
  readonly goal: number
  readonly beside?: 'bare channels'
  /** By how much longer a ping through the same queue may take meanwhile than before, milliseconds. */
  readonly pingMs?: number
}

/** Holders in every row, and the number of pieces that rebuild the file: the default code for eight people. */
export const [HOLDERS, K] = [8, 2]

/** A round trip over two of these lines takes 50 ms. */
const NEAR = { own: { delayMs: 10, queueMs: 200 }, holders: { delayMs: 15, queueMs: 150 } }
const house = { ...NEAR.holders, up: 10, down: 50 }
const own = (up: number, down: number) => ({ ...NEAR.own, up, down })

/** Pings beside a transfer that fills the line. */
const [FETCH_PING_MS, STORE_PING_MS] = [250, 150]

/** Rows by name. The sizes make each transfer seconds long at the ideal rate, so that its start, which costs the same each time, does not decide. */
export const lineRows: Readonly<Record<string, LineRow>> = {
  'fetch-1': { is: 'fetch', mebibytes: 4, own: own(1, 1), holders: house, goal: 0.8 },
  'fetch-5': { is: 'fetch', mebibytes: 8, own: own(1, 5), holders: house, goal: 0.8, pingMs: FETCH_PING_MS },
  'fetch-20': { is: 'fetch', mebibytes: 16, own: own(5, 20), holders: house, goal: 0.8, pingMs: FETCH_PING_MS },
  'fetch-thin-holders': { is: 'fetch', mebibytes: 8, own: own(10, 50), holders: { ...house, up: 1, down: 10 }, goal: 0.75 },
  'fetch-stalled-holder': { is: 'fetch', mebibytes: 16, own: own(5, 20), holders: house, stallsOne: true, goal: 0.7 },
  'fetch-slow-holder': { is: 'fetch', mebibytes: 32, own: own(10, 50), holders: house, slowest: { ...house, up: 1 }, goal: 0.7 },
  'fetch-lossy': {
    is: 'fetch',
    mebibytes: 16,
    own: { ...own(5, 20), loss: 0.01 },
    holders: house,
    goal: 0.8,
    beside: 'bare channels',
  },
  'fetch-far': {
    is: 'fetch',
    mebibytes: 16,
    own: { up: 10, down: 50, delayMs: 75, queueMs: 300 },
    holders: { ...house, delayMs: 75, queueMs: 300 },
    goal: 0.8,
    beside: 'bare channels',
  },
  'store-1': { is: 'store', mebibytes: 1, own: own(1, 10), holders: house, goal: 0.75 },
  'store-5': { is: 'store', mebibytes: 2, own: own(5, 20), holders: house, goal: 0.75, pingMs: STORE_PING_MS },
  'store-20': { is: 'store', mebibytes: 8, own: own(20, 50), holders: house, goal: 0.75, pingMs: STORE_PING_MS },
}

/** Returns the ideal rate of a row's payload in Mbit/s: that of its narrowest lines. */
export function idealOf({ is, own: line, holders, slowest, stallsOne }: LineRow): number {
  const equal = HOLDERS - (slowest === undefined && stallsOne === undefined ? 0 : 1)
  return is === 'fetch' ? Math.min(line.down, equal * holders.up + (slowest?.up ?? 0)) : Math.min(line.up, HOLDERS * holders.down)
}

/** Returns the payload in bytes: the file for a fetch, all its pieces for a store. */
export function payloadOf({ is }: LineRow, fileBytes: number): number {
  return is === 'fetch' ? fileBytes : (fileBytes * HOLDERS) / K
}
