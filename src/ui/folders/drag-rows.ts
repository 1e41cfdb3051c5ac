import { useCallback, useRef, useState, type DragEvent } from 'react'
import type { ListRow } from './rows.ts'

/** Name under which a drag says that it carries rows of this page; what they are stays in the page. */
const rowsType = 'application/x-scatterhoard-rows'

interface Properties {
  /** Returns the rows that a drag of one row carries. */
  readonly rowsOf: (id: string) => readonly ListRow[]
  /** Tells whether a folder, '' for the top, may take these rows. */
  readonly canTake: (rows: readonly ListRow[], into: string) => boolean
  readonly onMove: (rows: readonly ListRow[], into: string) => void
}

/**
 * Follows drags over elements with `data-into`, the id of a folder or '' for the top. Rows that are dropped there are moved; files of the
 * system are taken by the page itself, which looks for the same mark.
 */
export function useRowDrag({ rowsOf, canTake, onMove }: Properties) {
  const carried = useRef<readonly ListRow[]>([])
  const [over, setOver] = useState<string>()
  const onDragStart = useCallback(
    (event: DragEvent<HTMLElement>) => {
      const row = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-file]') : null
      carried.current = row === null ? [] : rowsOf(row.dataset['file'] ?? '')
      if (carried.current.length === 0) return event.preventDefault()
      event.dataTransfer.setData(rowsType, '')
      event.dataTransfer.effectAllowed = 'move'
    },
    [rowsOf],
  )
  const onDragOver = (event: DragEvent<HTMLElement>) => {
    const { types } = event.dataTransfer
    const into = intoOf(event)
    const takes = into !== undefined && (types.includes('Files') || (types.includes(rowsType) && canTake(carried.current, into)))
    if (takes && !types.includes('Files')) {
      event.preventDefault()
      event.dataTransfer.dropEffect = 'move'
    }
    setOver(takes ? into : undefined)
  }
  const onDragLeave = (event: DragEvent<HTMLElement>) => {
    if (!(event.relatedTarget instanceof Node) || !event.currentTarget.contains(event.relatedTarget)) setOver(undefined)
  }
  const onDrop = (event: DragEvent<HTMLElement>) => {
    setOver(undefined)
    const into = intoOf(event)
    if (into === undefined || !event.dataTransfer.types.includes(rowsType)) return
    event.preventDefault()
    if (canTake(carried.current, into)) onMove(carried.current, into)
  }
  const onDragEnd = () => setOver(undefined)
  return { over, drag: { onDragStart, onDragOver, onDragLeave, onDrop, onDragEnd } }
}

function intoOf({ target }: DragEvent<HTMLElement>): string | undefined {
  return target instanceof Element ? target.closest<HTMLElement>('[data-into]')?.dataset['into'] : undefined
}
