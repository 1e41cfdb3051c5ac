/** Rows that Page Up and Page Down pass, and that are drawn beyond those in sight. */
export const PAGE_OF_ROWS = 8
const ROW_PX = 70
const NARROW_ROW_PX = 76

/** Returns the row that a key leads to from row `at`; undefined when it leads to none. */
export function goalOf(key: string, at: number, last: number): number | undefined {
  const goals: Readonly<Record<string, number>> = {
    ArrowDown: at + 1,
    ArrowUp: at - 1,
    PageDown: Math.min(last, at + PAGE_OF_ROWS),
    PageUp: Math.max(0, at - PAGE_OF_ROWS),
    Home: 0,
    End: last,
  }
  return goals[key]
}

/** Moves the focus along a row and its buttons; tells whether there was anything in that direction. */
export function moveAlong(key: string, row: HTMLElement, from: HTMLElement): boolean {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[key]
  if (step === undefined) return false
  const places = [row, ...row.querySelectorAll<HTMLElement>('button')].filter((place) => place.offsetParent !== null)
  const goal = places[places.indexOf(from) + step]
  goal?.focus()
  return goal !== undefined
}

/** Returns the estimated height of a row, px; asked once for each drawing, since a list may have thousands of rows. */
export function rowHeight(): number {
  return window.matchMedia('(width < 46rem)').matches ? NARROW_ROW_PX : ROW_PX
}

/** Returns the drawn rows of a grid. */
export function rowsIn(grid: HTMLElement | null): readonly HTMLElement[] {
  return [...(grid?.querySelectorAll<HTMLElement>('[role="row"]') ?? [])]
}

/** Returns the drawn row of a file or a folder. */
export function rowNamed(grid: HTMLElement | null, id: string): HTMLElement | undefined {
  return rowsIn(grid).find((row) => row.dataset['file'] === id)
}
