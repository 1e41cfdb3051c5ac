import type { KeyboardEventHandler } from 'react'
import type { TrashView } from '../../peer/api/tree-view.ts'
import { kindOf } from '../files/kind.ts'
import { Icon } from '../parts/icon.tsx'
import { Name } from '../parts/name.tsx'
import { sayBytes } from '../words/figures.ts'
import { sayInside } from '../words/folder-words.ts'
import { sayDeleted, sayFrom, sayGoes, sayTrashDeed, treeWords } from '../words/tree-words.ts'

interface Properties {
  readonly row: TrashView
  /** Unix milliseconds. */
  readonly now: number
  /** Arrows lead from a button to the same one of the next row. */
  readonly onKeyDown: KeyboardEventHandler
  readonly onRestore: () => void
  readonly onForGood: () => void
}

/** One thing in the trash: where it was, until when it can be put back, and both ways out. */
export function TrashRow({ row, now, onKeyDown, onRestore, onForGood }: Properties) {
  return (
    <li aria-label={row.name}>
      <span className="kind">
        <Icon name={row.is === 'folder' ? 'files' : kindOf(row.type, row.name)} />
      </span>
      <span className="name">
        <b title={row.name}>
          <Name of={row.name} />
        </b>
        <span className="soft small num">
          {row.is === 'folder' ? sayInside(row.files, row.size) : sayBytes(row.size)}, <bdi>{sayFrom(row.folder)}</bdi>
        </span>
      </span>
      <span className="goes small">
        {sayGoes(row.until, now)}
        <span className="soft">{sayDeleted(row.deletedAt, now)}</span>
      </span>
      <span className="trash-tools">
        <button type="button" className="button" aria-label={sayTrashDeed.restore(row.name)} onKeyDown={onKeyDown} onClick={onRestore}>
          {treeWords.restore}
        </button>
        <button
          type="button"
          className="tool danger"
          aria-label={sayTrashDeed.forGood(row.name)}
          title={sayTrashDeed.forGood(row.name)}
          onKeyDown={onKeyDown}
          onClick={onForGood}
        >
          <Icon name="bin" />
        </button>
      </span>
    </li>
  )
}
