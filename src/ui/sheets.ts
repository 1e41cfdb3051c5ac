/** The entries of this tab that Back and Forward go through; `window.history` is one. */
export interface PageHistory {
  readonly state: unknown
  pushState(data: unknown, unused: string): void
  go(steps: number): void
}

/** Sheets and dialogs that are open, one above the other. */
export interface Sheets {
  /** Notes that a sheet has opened; `onBack` is called when the person goes back. Returns a function to call once it has closed. */
  open(onBack: () => void): () => void
}

/**
 * Returns the sheets of a page: each is an entry of `history`, so that Back closes the one on top and does not leave the app. The entry of
 * a sheet that closes by itself is taken back. `watchBack` calls its listener after every step through the history.
 */
export function createSheets(history: PageHistory, watchBack: (listener: () => void) => void): Sheets {
  const open: { readonly onBack: () => void }[] = []
  let entries = entriesOf(history.state)
  let isGoing = false

  /** Brings the history in line with the open sheets. A step takes a moment; sheets that open or close meanwhile are settled after it. */
  const settle = () => {
    if (isGoing) return
    for (; entries < open.length; entries++) history.pushState({ sheets: entries + 1 }, '')
    if (entries === open.length) return
    isGoing = true
    history.go(open.length - entries)
  }
  watchBack(() => {
    entries = entriesOf(history.state)
    if (!isGoing) for (const { onBack } of open.splice(entries).toReversed()) onBack()
    isGoing = false
    settle()
  })
  // after a reload nothing is open
  settle()
  return {
    open(onBack) {
      const sheet = { onBack }
      open.push(sheet)
      settle()
      return () => {
        const at = open.indexOf(sheet)
        if (at === -1) return
        open.splice(at, 1)
        // sheets that close together take one step
        queueMicrotask(settle)
      }
    },
  }
}

function entriesOf(state: unknown): number {
  if (typeof state !== 'object' || state === null || !('sheets' in state)) return 0
  return typeof state.sheets === 'number' && state.sheets > 0 ? state.sheets : 0
}
