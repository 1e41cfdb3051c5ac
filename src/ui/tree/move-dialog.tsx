import { useEffect, useId, useMemo, useRef, useState, type CSSProperties, type KeyboardEvent, type KeyboardEventHandler } from 'react'
import type { FolderTree } from '../folders/folder-tree.ts'
import type { ListRow } from '../folders/rows.ts'
import { Icon } from '../parts/icon.tsx'
import { Name } from '../parts/name.tsx'
import { Sheet } from '../parts/sheet.tsx'
import { useShell } from '../shell.tsx'
import { sayMoving, treeWords } from '../words/tree-words.ts'
import { branchesOf, type Branch } from './folder-branches.ts'
import { NameForm } from './name-form.tsx'
import '../look/tree.css'

interface Properties {
  readonly folders: FolderTree
  /** What is moved. */
  readonly rows: readonly ListRow[]
  /** `to` is undefined for the top. */
  readonly onMove: (rows: readonly ListRow[], to: { readonly id: string; readonly name: string } | undefined) => void
  readonly onClose: () => void
}

/** Asks for the folder into which rows are moved: a tree of all folders, in which a new one can be made. */
export function MoveDialog({ folders, rows, onMove, onClose }: Properties) {
  const title = useId()
  const tree = useRef<HTMLDivElement>(null)
  const { model } = useShell()
  const [start] = useState(() => sharedParent(rows))
  const [chosen, setChosen] = useState(start ?? '')
  const [open, setOpen] = useState<ReadonlySet<string>>(
    () => new Set(start === undefined ? [] : [start, ...folders.above(start).map(({ id }) => id)]),
  )
  const [isNaming, setIsNaming] = useState(false)
  const ids = useMemo(() => new Set(rows.map(({ id }) => id)), [rows])
  const branches = useMemo(() => branchesOf(folders.foldersIn, open, treeWords.files), [folders, open])
  const whyNot = (id: string): string => {
    if (folders.isWithin(id, ids)) return treeWords.itself
    return rows.every((row) => (row.parent ?? '') === id) ? treeWords.isHere : ''
  }
  // Of a folder that is gone the top takes the place.
  const at = Math.max(
    0,
    branches.findIndex(({ id }) => id === chosen),
  )
  const active = branches[at]
  const canMove = active !== undefined && whyNot(active.id) === ''

  useEffect(() => {
    if (!isNaming) tree.current?.querySelector<HTMLElement>('[tabindex="0"]')?.focus()
  }, [at, isNaming])
  const turn = (id: string, isOpen: boolean) =>
    setOpen((before) => {
      const next = new Set(before)
      if (isOpen) next.add(id)
      else next.delete(id)
      return next
    })
  const move = () => {
    if (active === undefined || !canMove) return
    onMove(rows, folders.get(active.id))
    onClose()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (active === undefined) return
    const goals: Readonly<Record<string, Branch | undefined>> = {
      ArrowDown: branches[at + 1],
      ArrowUp: branches[at - 1],
      Home: branches[0],
      End: branches.at(-1),
    }
    const goal = goals[event.key]
    if (goal !== undefined) setChosen(goal.id)
    else if (event.key === 'ArrowRight' && active.hasMore) {
      if (active.isOpen) setChosen(branches[at + 1]?.id ?? '')
      else turn(active.id, true)
    } else if (event.key === 'ArrowLeft') {
      if (active.isOpen && active.id !== '') turn(active.id, false)
      else if (active.parent !== undefined) setChosen(active.parent)
    } else if (event.key === 'Enter') move()
    else return
    event.preventDefault()
  }
  const make = (name: string) => {
    const parent = active?.id ?? ''
    setIsNaming(false)
    model.ask(async (peer) => {
      const id = await peer.createFolder(name, parent === '' ? undefined : parent)
      turn(parent, true)
      setChosen(id)
    })
  }
  return (
    <Sheet kind="dialog" labelledBy={title} onClose={onClose}>
      <h2 id={title}>{treeWords.moveTo}</h2>
      <p className="soft moving">
        <Name of={sayMoving(rows.map(({ name }) => name))} />
      </p>
      <div ref={tree} className="branches" role="tree" aria-label={treeWords.folders}>
        {branches.map((branch, index) => (
          <Leaf
            key={branch.id}
            branch={branch}
            whyNot={whyNot(branch.id)}
            isActive={index === at}
            onKeyDown={onKeyDown}
            onChoose={() => setChosen(branch.id)}
            onTurn={() => turn(branch.id, !branch.isOpen)}
          />
        ))}
      </div>
      {isNaming ? (
        <NameForm name="" button={treeWords.make} onName={make} onCancel={() => setIsNaming(false)} />
      ) : (
        <div className="actions">
          <button type="button" className="button main" disabled={!canMove} onClick={move}>
            {treeWords.move}
          </button>
          <button type="button" className="button" onClick={() => setIsNaming(true)}>
            <Icon name="folder" />
            {treeWords.newFolder}
          </button>
          <button type="button" className="button plain" onClick={onClose}>
            {treeWords.cancel}
          </button>
        </div>
      )}
    </Sheet>
  )
}

interface LeafProperties {
  readonly branch: Branch
  /** Why nothing can be moved there, '' where it can. */
  readonly whyNot: string
  readonly isActive: boolean
  readonly onKeyDown: KeyboardEventHandler
  readonly onChoose: () => void
  readonly onTurn: () => void
}

function Leaf({ branch, whyNot, isActive, onKeyDown, onChoose, onTurn }: LeafProperties) {
  const depth: CSSProperties & Record<'--level', string> = { '--level': String(Math.min(branch.level - 1, 12)) }
  return (
    <div
      role="treeitem"
      aria-level={branch.level}
      aria-expanded={branch.hasMore ? branch.isOpen : undefined}
      aria-selected={isActive}
      aria-disabled={whyNot !== '' || undefined}
      tabIndex={isActive ? 0 : -1}
      style={depth}
      onKeyDown={onKeyDown}
      onClick={(event) => {
        onChoose()
        if (event.target instanceof Element && event.target.closest('.turn') !== null) onTurn()
      }}
      onDoubleClick={onTurn}
    >
      <span className="turn">{branch.hasMore && branch.id !== '' && <Icon name="chevron" />}</span>
      <Icon name="files" />
      <b>
        <Name of={branch.name} />
      </b>
      {whyNot !== '' && <small className="soft">{whyNot}</small>}
    </div>
  )
}

/** Returns the folder in which all rows lie; undefined for the top, and where they lie in several. */
function sharedParent(rows: readonly ListRow[]): string | undefined {
  const parent = rows[0]?.parent
  return rows.every((row) => row.parent === parent) ? parent : undefined
}
