import { useState, type KeyboardEvent } from 'react'
import type { FileView } from '../../peer/index.ts'
import { sayDay } from '../figures.ts'
import { FileRow, type RowActions } from './file-row.tsx'

interface Properties extends RowActions {
  readonly files: readonly FileView[]
  readonly now: number
  readonly selectedId: string | undefined
}

/** The grid "Files": one tab stop, arrows between rows and along the buttons of a row. */
export function FilesGrid({ files, now, selectedId, ...actions }: Properties) {
  const [activeId, setActiveId] = useState<string>()
  const active = files.some((file) => file.id === activeId) ? activeId : files[0]?.id
  return (
    <div className="files" role="grid" aria-label="Files" aria-rowcount={files.length} tabIndex={-1} onKeyDown={moveFocus}>
      {files.map((file) => (
        <FileRow
          key={file.id}
          file={file}
          day={sayDay(file.addedAt, now)}
          isActive={file.id === active}
          isSelected={file.id === selectedId}
          onActive={setActiveId}
          {...actions}
        />
      ))}
    </div>
  )
}

function moveFocus(event: KeyboardEvent<HTMLElement>) {
  if (!(event.target instanceof HTMLElement)) return
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>('[role="row"]')]
  const row = event.target.closest<HTMLElement>('[role="row"]')
  if (row === null) return
  const at = rows.indexOf(row)
  const places = [row, ...row.querySelectorAll<HTMLElement>('button')].filter((place) => place.offsetParent !== null)
  const place = places.indexOf(event.target)
  const goal = {
    ArrowDown: rows[at + 1],
    ArrowUp: rows[at - 1],
    PageDown: rows[Math.min(rows.length - 1, at + 8)],
    PageUp: rows[Math.max(0, at - 8)],
    Home: rows[0],
    End: rows.at(-1),
    ArrowRight: places[place + 1],
    ArrowLeft: places[place - 1],
  }[event.key]
  if (goal === undefined) return
  event.preventDefault()
  goal.focus()
}
