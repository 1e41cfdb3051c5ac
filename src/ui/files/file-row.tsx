import { memo, type Ref } from 'react'
import type { FileView } from '../../peer/index.ts'
import { isQueued } from '../queued-row.ts'
import { sayBytes } from '../words/figures.ts'
import { Icon, State, type IconName } from '../parts/icon.tsx'
import { Meter } from '../parts/meter.tsx'
import { Name } from '../parts/name.tsx'
import { sayDeed } from '../words/file-words.ts'
import { folderWords, sayPath, sayTreeDeed } from '../words/folder-words.ts'
import { sayRow } from '../words/row-words.ts'
import { kindOf } from './kind.ts'

/** The actions on a file. */
export interface RowActions {
  readonly onDownload: (file: FileView) => void
  readonly onShare: (file: FileView) => void
  readonly onDelete: (file: FileView) => void
  readonly onDetails: (file: FileView) => void
}

/** The actions of a row in the grid. */
export interface ListActions extends RowActions {
  readonly onRename: (id: string) => void
  readonly onMove: (id: string) => void
  /** Opens the folder in which a file that was found lies. */
  readonly onOpenFolder: (id: string | undefined) => void
}

interface Properties extends ListActions {
  readonly ref?: Ref<HTMLDivElement>
  readonly file: FileView
  /** Its place in the list, from 0, and its distance from the row that is drawn before it, px. */
  readonly at: number
  readonly gap: number
  /** The day when it was added, in words. */
  readonly day: string
  /** The fact that most rows show, see `usualFact`. */
  readonly usual: string
  /** The one row of the grid that Tab reaches; arrows move it. */
  readonly isActive: boolean
  readonly isSelected: boolean
  /** Whether its details are open. */
  readonly isOpen: boolean
  /** Path of its folder where that is not the open one, else ''. */
  readonly where: string
}

/** The row of one file: its name, its health, its actions. An unchanged row is not drawn again. */
export const FileRow = memo(Row)

function Row({ ref, file, at, gap, day, usual, isActive, isSelected, isOpen, where, ...actions }: Properties) {
  const tabIndex = isActive ? 0 : -1
  return (
    <div
      ref={ref}
      role="row"
      className={isPlain(file) || factOf(file) === usual ? 'row usual' : 'row'}
      aria-label={file.name}
      aria-rowindex={at + 1}
      data-index={at}
      style={gap === 0 ? undefined : { marginTop: gap }}
      aria-selected={isSelected}
      tabIndex={tabIndex}
      data-file={file.id}
      data-open={isOpen || undefined}
    >
      <div role="gridcell">
        <span className="kind">
          <Icon name={isSelected ? 'check' : kindOf(file.type, file.name)} />
        </span>
        <span className="name">
          <b title={file.name}>
            <Name of={file.name} />
          </b>
          <span className="soft small num">
            {sayBytes(file.size)}, {where === '' && day}
            {where !== '' && <Where path={where} tabIndex={tabIndex} onPress={() => actions.onOpenFolder(file.parent)} />}
          </span>
        </span>
      </div>
      <div className="standing">
        <div role="gridcell" className="c-meter">
          <Meter name={file.name} meter={file.meter} status={file.status} />
        </div>
        <div role="gridcell" className="c-state">
          <State word={file.status} explanation={sayRow(file)} />
        </div>
      </div>
      {!isQueued(file) && (
        <div role="gridcell" className="c-more">
          <Tool name={sayDeed.details(file.name)} icon="more" tabIndex={tabIndex} onPress={() => actions.onDetails(file)} />
        </div>
      )}
      {!isQueued(file) && (
        <div role="gridcell" className="quick">
          {file.canDownload && (
            <Tool name={sayDeed.download(file.name)} icon="download" tabIndex={tabIndex} onPress={() => actions.onDownload(file)} />
          )}
          {file.canShare && <Tool name={sayDeed.share(file.name)} icon="share" tabIndex={tabIndex} onPress={() => actions.onShare(file)} />}
          <Tool name={sayTreeDeed.rename(file.name)} icon="rename" tabIndex={tabIndex} onPress={() => actions.onRename(file.id)} />
          <Tool name={sayTreeDeed.move(file.name)} icon="move" tabIndex={tabIndex} onPress={() => actions.onMove(file.id)} />
          <Tool name={sayDeed.delete(file.name)} icon="bin" tabIndex={tabIndex} onPress={() => actions.onDelete(file)} />
        </div>
      )}
    </div>
  )
}

/** Says in which folder a row lies that a search found, and opens it. */
export function Where({ path, tabIndex, onPress }: { readonly path: string; readonly tabIndex: number; readonly onPress: () => void }) {
  return (
    <button type="button" className="where" tabIndex={tabIndex} title={sayPath(path)} onClick={onPress}>
      {folderWords.in} <bdi>{sayPath(path)}</bdi>
    </button>
  )
}

/** Least count of a fact that is usual for a list. */
const USUAL_FROM = 3

/** Returns the fact of at least half of a list, '' when there is none: on phones the summary has it, and rows only show another fact. */
export function usualFact(files: readonly FileView[]): string {
  const counts = new Map<string, number>()
  for (const file of files) counts.set(factOf(file), (counts.get(factOf(file)) ?? 0) + 1)
  const [fact, count] = [...counts].reduce((most, each) => (each[1] > most[1] ? each : most), ['', 0])
  return count >= USUAL_FROM && count * 2 >= files.length ? fact : ''
}

function factOf(file: FileView): string {
  return `${file.status}: ${sayRow(file)}`
}

/** Tells whether the meter and the status word already say everything: every piece is kept, and nobody is away. */
function isPlain({ explanation, isPaused, meter }: FileView): boolean {
  return (
    (explanation.is === 'none' || explanation.is === 'placed') &&
    !isPaused &&
    meter.max > 0 &&
    meter.pieces.every((piece) => piece === 'kept')
  )
}

interface ToolProperties {
  readonly name: string
  readonly icon: IconName
  readonly tabIndex?: number
  readonly onPress: () => void
}

/** A round button with an icon. */
export function Tool({ name, icon, tabIndex = 0, onPress }: ToolProperties) {
  return (
    <button type="button" className="tool" aria-label={name} title={name} tabIndex={tabIndex} onClick={onPress}>
      <Icon name={icon} />
    </button>
  )
}
