import { defaultRangeExtractor, useWindowVirtualizer, type Range } from '@tanstack/react-virtual'
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState, type CSSProperties, type KeyboardEvent } from 'react'
import type { FileView } from '../../peer/index.ts'
import { sayDay } from '../words/figures.ts'
import { BackUpHint } from '../you/back-up-hint.tsx'
import { fileWords } from '../words/file-words.ts'
import { FileRow, usualFact, type RowActions } from './file-row.tsx'

interface Properties extends RowActions {
  readonly files: readonly FileView[]
  readonly now: number
  readonly selectedId: string | undefined
  /** The row that takes the focus as soon as it is drawn; a fresh object each time. */
  readonly focusOn: { readonly id: string } | undefined
}

/** A list of at most so many rows is drawn whole, so that the browser's own search finds all of it. */
const WHOLE_AT_MOST = 100
const ROW_PX = 70
const NARROW_ROW_PX = 76
const PAGE_OF_ROWS = 8

/**
 * The grid "Files": one tab stop, arrows between rows and along the buttons of a row. Of a long list only the rows in sight and the one
 * that Tab reaches are drawn; the height of every other row is an estimate.
 */
export function FilesGrid({ files, now, selectedId, focusOn, ...actions }: Properties) {
  const grid = useRef<HTMLDivElement>(null)
  const wanted = useRef<string>(undefined)
  const [activeId, setActiveId] = useState<string>()
  const [top, setTop] = useState(0)
  const placeById = useMemo(() => new Map(files.map((file, at) => [file.id, at])), [files])
  const usual = useMemo(() => usualFact(files), [files])
  const activeAt = (activeId === undefined ? undefined : placeById.get(activeId)) ?? 0

  const rangeExtractor = useCallback(
    (range: Range) => {
      if (files.length <= WHOLE_AT_MOST) return [...files.keys()]
      const inSight = defaultRangeExtractor(range)
      return inSight.includes(activeAt) ? inSight : [...inSight, activeAt].sort((a, b) => a - b)
    },
    [files, activeAt],
  )
  const rowPx = rowHeight()
  // its result is not memoized here, and the one function that rows are given stays the same
  // oxlint-disable-next-line react/incompatible-library
  const virtualizer = useWindowVirtualizer({
    count: files.length,
    getItemKey: useCallback((at: number) => files[at]?.id ?? at, [files]),
    estimateSize: () => rowPx,
    overscan: PAGE_OF_ROWS,
    scrollMargin: top,
    rangeExtractor,
    useFlushSync: false,
  })

  // The content above the list may grow or go, which moves the list.
  useLayoutEffect(() => {
    const measure = () => setTop(Math.round((grid.current?.getBoundingClientRect().top ?? 0) + window.scrollY))
    measure()
    const watcher = new ResizeObserver(measure)
    watcher.observe(document.body)
    return () => watcher.disconnect()
  }, [])
  useLayoutEffect(() => {
    const row = wanted.current === undefined ? undefined : rowNamed(grid.current, wanted.current)
    if (row === undefined) return
    wanted.current = undefined
    row.focus()
  })
  const focusRow = useCallback((id: string) => {
    wanted.current = id
    setActiveId(id)
    const row = rowNamed(grid.current, id)
    if (row !== undefined) row.focus()
  }, [])
  useEffect(() => {
    if (focusOn !== undefined) focusRow(focusOn.id)
  }, [focusOn, focusRow])
  // At another width every row may have another height, even those that are not drawn.
  useEffect(() => {
    let width = window.innerWidth
    const onResize = () => {
      if (window.innerWidth === width) return
      width = window.innerWidth
      virtualizer.measure()
      for (const row of rowsOf(grid.current)) virtualizer.measureElement(row)
    }
    window.addEventListener('resize', onResize)
    return () => window.removeEventListener('resize', onResize)
  }, [virtualizer])

  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    if (!(event.target instanceof HTMLElement)) return
    const row = event.target.closest<HTMLElement>('[role="row"]')
    if (row === null) return
    const next = files[goalOf(event.key, Number(row.dataset['index']), files.length - 1) ?? -1]
    if (next !== undefined) focusRow(next.id)
    else if (!moveAlong(event.key, row, event.target)) return
    event.preventDefault()
  }

  const items = virtualizer.getVirtualItems()
  const gaps = items.map(({ start }, at) => start - (items[at - 1]?.end ?? top))
  const below = virtualizer.getTotalSize() - ((items.at(-1)?.end ?? top) - top)
  const measures: CSSProperties & Record<'--below', string> = { '--below': `${Math.max(0, below)}px` }
  return (
    <>
      <div
        ref={grid}
        className="files"
        role="grid"
        aria-label={fileWords.files}
        aria-rowcount={files.length}
        tabIndex={-1}
        style={measures}
        onKeyDown={onKeyDown}
      >
        {items.map(({ index }, at) => {
          const file = files[index]
          return (
            file !== undefined && (
              <FileRow
                key={file.id}
                ref={virtualizer.measureElement}
                file={file}
                at={index}
                gap={gaps[at] ?? 0}
                day={sayDay(file.addedAt, now)}
                usual={usual}
                isActive={index === activeAt}
                isSelected={file.id === selectedId}
                onActive={setActiveId}
                {...actions}
              />
            )
          )
        })}
      </div>
      <BackUpHint />
    </>
  )
}

/** Returns the row that a key leads to from row `at`; undefined when it leads to none. */
function goalOf(key: string, at: number, last: number): number | undefined {
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
function moveAlong(key: string, row: HTMLElement, from: HTMLElement): boolean {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[key]
  if (step === undefined) return false
  const places = [row, ...row.querySelectorAll<HTMLElement>('button')].filter((place) => place.offsetParent !== null)
  const goal = places[places.indexOf(from) + step]
  goal?.focus()
  return goal !== undefined
}

/** Returns the estimated height of a row, px; asked once for each drawing, since a list may have thousands of rows. */
function rowHeight(): number {
  return window.matchMedia('(width < 46rem)').matches ? NARROW_ROW_PX : ROW_PX
}

function rowsOf(grid: HTMLElement | null): readonly HTMLElement[] {
  return [...(grid?.querySelectorAll<HTMLElement>('[role="row"]') ?? [])]
}

function rowNamed(grid: HTMLElement | null, id: string): HTMLElement | undefined {
  return rowsOf(grid).find((row) => row.dataset['file'] === id)
}
