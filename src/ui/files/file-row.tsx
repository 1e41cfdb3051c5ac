import { memo, type KeyboardEvent } from 'react'
import type { FileView } from '../../peer/index.ts'
import { isQueued } from '../desk.ts'
import { sayBytes } from '../figures.ts'
import { Icon, State, type IconName } from '../parts/icon.tsx'
import { Meter } from '../parts/meter.tsx'
import { sayRow } from '../words.ts'
import { kindOf } from './kind.ts'

/** What can be done with a row. */
export interface RowActions {
  readonly onDownload: (file: FileView) => void
  readonly onShare: (file: FileView) => void
  readonly onDelete: (file: FileView) => void
  readonly onDetails: (file: FileView) => void
}

interface Properties extends RowActions {
  readonly file: FileView
  /** When it was added, as people name the day. */
  readonly day: string
  /** The one row of the grid that Tab reaches; arrows move it. */
  readonly isActive: boolean
  readonly isSelected: boolean
  readonly onActive: (id: string) => void
}

/** One file: what it is, how healthy it is, what can be done. Every snapshot of the peer is new; a row whose values are the same stays as it is. */
export const FileRow = memo(Row)

function Row({ file, day, isActive, isSelected, onActive, ...actions }: Properties) {
  const tabIndex = isActive ? 0 : -1
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    if (event.target !== event.currentTarget || isQueued(file)) return
    if (event.key === 'Enter') actions.onDetails(file)
    else if (event.key === 'Delete') actions.onDelete(file)
    else return
    event.preventDefault()
  }
  return (
    <div
      role="row"
      className="row"
      aria-label={file.name}
      aria-selected={isSelected}
      tabIndex={tabIndex}
      data-file={file.id}
      onFocus={() => onActive(file.id)}
      onKeyDown={onKeyDown}
    >
      <div role="gridcell">
        <span className="kind">
          <Icon name={kindOf(file.type, file.name).icon} />
        </span>
        <span className="name">
          <b>{file.name}</b>
          <span className="soft small num">
            {sayBytes(file.size)}, {day}
          </span>
        </span>
      </div>
      <div role="gridcell" className="c-meter">
        <Meter name={file.name} meter={file.meter} status={file.status} />
      </div>
      <div role="gridcell" className="c-state">
        <State word={file.status} explanation={sayRow(file)} />
      </div>
      {!isQueued(file) && (
        <div role="gridcell" className="c-more">
          <Tool name={`Details of ${file.name}`} icon="more" tabIndex={tabIndex} onPress={() => actions.onDetails(file)} />
        </div>
      )}
      {!isQueued(file) && (
        <div role="gridcell" className="quick">
          {file.canDownload && (
            <Tool name={`Download ${file.name}`} icon="download" tabIndex={tabIndex} onPress={() => actions.onDownload(file)} />
          )}
          {file.canShare && <Tool name={`Share ${file.name}`} icon="share" tabIndex={tabIndex} onPress={() => actions.onShare(file)} />}
          <Tool name={`Delete ${file.name}`} icon="bin" tabIndex={tabIndex} onPress={() => actions.onDelete(file)} />
        </div>
      )}
    </div>
  )
}

interface ToolProperties {
  readonly name: string
  readonly icon: IconName
  readonly tabIndex?: number
  readonly onPress: () => void
}

/** A round button with a picture. */
export function Tool({ name, icon, tabIndex = 0, onPress }: ToolProperties) {
  return (
    <button type="button" className="tool" aria-label={name} title={name} tabIndex={tabIndex} onClick={onPress}>
      <Icon name={icon} />
    </button>
  )
}
