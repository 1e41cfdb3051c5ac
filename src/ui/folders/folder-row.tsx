import { memo, type Ref } from 'react'
import { Where, Tool, type ListActions } from '../files/file-row.tsx'
import { Icon } from '../parts/icon.tsx'
import { Name } from '../parts/name.tsx'
import { sayDeed } from '../words/file-words.ts'
import { folderWords, sayInside, sayTreeDeed } from '../words/folder-words.ts'

interface Properties extends Pick<ListActions, 'onRename' | 'onMove' | 'onOpenFolder'> {
  readonly ref?: Ref<HTMLDivElement>
  readonly id: string
  readonly parent: string | undefined
  readonly name: string
  /** Files below it, at any depth, and their bytes. */
  readonly files: number
  readonly size: number
  /** Its place in the list, from 0, and its distance from the row that is drawn before it, px. */
  readonly at: number
  readonly gap: number
  /** The one row of the grid that Tab reaches; arrows move it. */
  readonly isActive: boolean
  readonly isSelected: boolean
  /** Whether something is dragged over it now. */
  readonly isOver: boolean
  /** Path of the folder in which it lies where that is not the open one, else ''. */
  readonly where: string
  readonly onDelete: (id: string) => void
  readonly onSelect: (id: string) => void
}

/** The row of one folder: a press opens it, and what is dropped on it goes into it. An unchanged row is not drawn again. */
export const FolderRow = memo(Row)

function Row({ ref, id, parent, name, files, size, at, gap, isActive, isSelected, isOver, where, ...actions }: Properties) {
  const tabIndex = isActive ? 0 : -1
  return (
    <div
      ref={ref}
      role="row"
      className="row of-folder"
      aria-label={name}
      aria-rowindex={at + 1}
      data-index={at}
      style={gap === 0 ? undefined : { marginTop: gap }}
      aria-selected={isSelected}
      tabIndex={tabIndex}
      data-file={id}
      data-into={id}
      data-over={isOver || undefined}
    >
      <div role="gridcell">
        <span className="kind">
          <Icon name={isSelected ? 'check' : 'files'} />
        </span>
        <span className="name">
          <b title={name}>
            <span className="unseen">{folderWords.folder} </span>
            <Name of={name} />
          </b>
          <span className="soft small num">
            {sayInside(files, size)}
            {where !== '' && ','}
            {where !== '' && <Where path={where} tabIndex={tabIndex} onPress={() => actions.onOpenFolder(parent)} />}
          </span>
        </span>
      </div>
      <div role="gridcell" className="c-more">
        <Tool name={sayTreeDeed.select(name)} icon="more" tabIndex={tabIndex} onPress={() => actions.onSelect(id)} />
      </div>
      <div role="gridcell" className="quick">
        <Tool name={sayTreeDeed.rename(name)} icon="rename" tabIndex={tabIndex} onPress={() => actions.onRename(id)} />
        <Tool name={sayTreeDeed.move(name)} icon="move" tabIndex={tabIndex} onPress={() => actions.onMove(id)} />
        <Tool name={sayDeed.delete(name)} icon="bin" tabIndex={tabIndex} onPress={() => actions.onDelete(id)} />
      </div>
    </div>
  )
}
