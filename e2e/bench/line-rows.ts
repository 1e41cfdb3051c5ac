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
}

/** Holders in every row, and the number of pieces that rebuild the file: the default code for eight people. */
export const [HOLDERS, K] = [8, 2]

/** A round trip over two of these lines takes 50 ms. */
const NEAR = { own: { delayMs: 10, queueMs: 200 }, holders: { delayMs: 15, queueMs: 150 } }
const house = { ...NEAR.holders, up: 10, down: 50 }
const own = (up: number, down: number) => ({ ...NEAR.own, up, down })

/** Rows by name. The sizes make each transfer some seconds long at the ideal rate. */
export const lineRows: Readonly<Record<string, LineRow>> = {
  'fetch-1': { is: 'fetch', mebibytes: 1, own: own(1, 1), holders: house },
  'fetch-5': { is: 'fetch', mebibytes: 4, own: own(1, 5), holders: house },
  'fetch-20': { is: 'fetch', mebibytes: 16, own: own(5, 20), holders: house },
  'fetch-thin-holders': { is: 'fetch', mebibytes: 4, own: own(10, 50), holders: { ...house, up: 1, down: 10 } },
  'fetch-stalled-holder': { is: 'fetch', mebibytes: 16, own: own(5, 20), holders: house, stallsOne: true },
  'fetch-slow-holder': { is: 'fetch', mebibytes: 16, own: own(10, 50), holders: house, slowest: { ...house, up: 1 } },
  'fetch-lossy': { is: 'fetch', mebibytes: 16, own: { ...own(5, 20), loss: 0.01 }, holders: house },
  'fetch-far': {
    is: 'fetch',
    mebibytes: 16,
    own: { up: 10, down: 50, delayMs: 75, queueMs: 300 },
    holders: { ...house, delayMs: 75, queueMs: 300 },
  },
  'store-1': { is: 'store', mebibytes: 1, own: own(1, 10), holders: house },
  'store-5': { is: 'store', mebibytes: 2, own: own(5, 20), holders: house },
  'store-20': { is: 'store', mebibytes: 8, own: own(20, 50), holders: house },
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
