import { defaultRangeExtractor, useWindowVirtualizer, type Range } from '@tanstack/react-virtual'
import {
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  type CSSProperties,
  type FocusEvent,
  type KeyboardEvent,
  type MouseEvent,
} from 'react'
import { FileRow, usualFact, type ListActions } from '../files/file-row.tsx'
import { isQueued } from '../queued-row.ts'
import { sayDay } from '../words/figures.ts'
import { fileWords } from '../words/file-words.ts'
import { BackUpHint } from '../you/back-up-hint.tsx'
import { FolderRow } from './folder-row.tsx'
import { goalOf, moveAlong, PAGE_OF_ROWS, rowHeight, rowNamed, rowsIn } from './grid-places.ts'
import { useLongPress } from './long-press.ts'
import { isFolder, type ListRow } from './rows.ts'
import { extendedTo, toggled, type Selection } from './selection.ts'

interface Properties extends ListActions {
  readonly rows: readonly ListRow[]
  readonly now: number
  /** The file whose details are open. */
  readonly openedId: string | undefined
  /** The row that takes the focus as soon as it is drawn; a fresh object each time. */
  readonly focusOn: { readonly id: string } | undefined
  readonly selection: Selection
  /** Whether a press selects a row instead of opening it. */
  readonly isSelecting: boolean
  /** The folder over which something is dragged now. */
  readonly over: string | undefined
  /** Returns the path that a row shows because it does not lie in the open folder, '' where it does. */
  readonly whereOf: (row: ListRow) => string
  readonly onSelection: (selection: Selection) => void
  readonly onDiscard: (id: string) => void
}

/** A list of at most so many rows is drawn whole, so that the browser's own search finds all of it. */
const WHOLE_AT_MOST = 100

/**
 * The grid "Files": one tab stop, arrows between rows and along the buttons of a row. Of a long list only the rows in sight and the one
 * that Tab reaches are drawn; the height of every other row is an estimate.
 */
export function FilesGrid({
  rows,
  now,
  openedId,
  focusOn,
  selection,
  isSelecting,
  over,
  whereOf,
  onSelection,
  onDiscard,
  ...actions
}: Properties) {
  const grid = useRef<HTMLDivElement>(null)
  const wanted = useRef<string>(undefined)
  const [activeId, setActiveId] = useState<string>()
  const [top, setTop] = useState(0)
  const placeById = useMemo(() => new Map(rows.map((row, at) => [row.id, at])), [rows])
  const usual = useMemo(() => usualFact(rows.flatMap((row) => (isFolder(row) ? [] : [row]))), [rows])
  const activeAt = (activeId === undefined ? undefined : placeById.get(activeId)) ?? 0

  const rangeExtractor = useCallback(
    (range: Range) => {
      if (rows.length <= WHOLE_AT_MOST) return [...rows.keys()]
      const inSight = defaultRangeExtractor(range)
      return inSight.includes(activeAt) ? inSight : [...inSight, activeAt].sort((a, b) => a - b)
    },
    [rows, activeAt],
  )
  const rowPx = rowHeight()
  // its result is not memoized here, and the one function that rows are given stays the same
  // oxlint-disable-next-line react/incompatible-library
  const virtualizer = useWindowVirtualizer({
    count: rows.length,
    getItemKey: useCallback((at: number) => rows[at]?.id ?? at, [rows]),
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
      for (const row of rowsIn(grid.current)) virtualizer.measureElement(row)
    }
    window.addEventListener('resize', onResize)
    return () => window.removeEventListener('resize', onResize)
  }, [virtualizer])

  /** Returns the row to which an element belongs, if anything can be done to it already. */
  const rowOf = (element: EventTarget): ListRow | undefined => {
    const found =
      element instanceof Element ? rows[Number(element.closest<HTMLElement>('[role="row"]')?.dataset['index'] ?? -1)] : undefined
    return found !== undefined && canAct(found) ? found : undefined
  }
  const selectable = () => rows.filter(canAct).map(({ id }) => id)
  const open = (row: ListRow) => (isFolder(row) ? actions.onOpenFolder(row.id) : actions.onDetails(row))
  const toggle = useRef((_id: string) => {})
  useLayoutEffect(() => {
    toggle.current = (id) => onSelection(toggled(selection, id))
  })
  const onSelectFolder = useCallback((id: string) => toggle.current(id), [])
  const { isOver: isPressOver, touch } = useLongPress((element) => {
    const row = rowOf(element)
    if (row !== undefined) onSelection(toggled(selection, row.id))
  })

  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    if (!(event.target instanceof HTMLElement)) return
    const element = event.target.closest<HTMLElement>('[role="row"]')
    if (element === null) return
    const row = rowOf(element)
    const next = rows[goalOf(event.key, Number(element.dataset['index']), rows.length - 1) ?? -1]
    if (next !== undefined) {
      if (event.shiftKey && row !== undefined) onSelection(extendedTo(selection, next.id, selectable(), row.id))
      focusRow(next.id)
    } else if (moveAlong(event.key, element, event.target)) {
      // the focus has moved along the row
    } else if (event.target !== element || row === undefined) return
    else if (event.key === 'Enter') open(row)
    else if (event.key === ' ') onSelection(toggled(selection, row.id))
    else if (event.key === 'F2') actions.onRename(row.id)
    else if (event.key === 'Delete') onDiscard(row.id)
    else return
    event.preventDefault()
  }
  const onClick = (event: MouseEvent<HTMLElement>) => {
    const row = rowOf(event.target)
    if (isPressOver() || row === undefined || (event.target instanceof Element && event.target.closest('button, a') !== null)) return
    if (event.shiftKey) onSelection(extendedTo(selection, row.id, selectable(), activeId))
    else if (event.ctrlKey || event.metaKey || isSelecting) onSelection(toggled(selection, row.id))
    else open(row)
    if (event.shiftKey) focusRow(row.id)
  }
  const onMouseDown = (event: MouseEvent<HTMLElement>) => {
    // a range of rows is no range of text
    if (event.shiftKey) event.preventDefault()
  }
  const onFocus = (event: FocusEvent<HTMLElement>) => {
    const id = event.target.closest<HTMLElement>('[role="row"]')?.dataset['file']
    if (id !== undefined) setActiveId(id)
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
        aria-rowcount={rows.length}
        aria-multiselectable="true"
        data-selecting={isSelecting || undefined}
        tabIndex={-1}
        style={measures}
        onKeyDown={onKeyDown}
        onClick={onClick}
        onMouseDown={onMouseDown}
        onFocus={onFocus}
        {...touch}
        onPointerDown={(event) => {
          setDraggable(event.target, event.pointerType === 'mouse')
          touch.onPointerDown(event)
        }}
      >
        {items.map(({ index }, at) => {
          const row = rows[index]
          if (row === undefined) return null
          const common = {
            ref: virtualizer.measureElement,
            at: index,
            gap: gaps[at] ?? 0,
            isActive: index === activeAt,
            isSelected: selection.ids.has(row.id),
            where: whereOf(row),
          }
          return isFolder(row) ? (
            <FolderRow
              key={row.id}
              {...common}
              id={row.id}
              parent={row.parent}
              name={row.name}
              files={row.files}
              size={row.size}
              isOver={over === row.id}
              onRename={actions.onRename}
              onMove={actions.onMove}
              onOpenFolder={actions.onOpenFolder}
              onDelete={onDiscard}
              onSelect={onSelectFolder}
            />
          ) : (
            <FileRow
              key={row.id}
              {...common}
              file={row}
              day={sayDay(row.addedAt, now)}
              usual={usual}
              isOpen={row.id === openedId}
              {...actions}
            />
          )
        })}
      </div>
      <BackUpHint />
    </>
  )
}

/** Tells whether anything can be done to a row: one that waits for the peer has no actions yet. */
export function canAct(row: ListRow): boolean {
  return isFolder(row) || !isQueued(row)
}

/** A mouse drags rows; a finger scrolls, and rests on them to select them. */
function setDraggable(target: EventTarget, isDraggable: boolean): void {
  const row = target instanceof Element ? target.closest<HTMLElement>('[role="row"]') : null
  if (row !== null) row.draggable = isDraggable
}
