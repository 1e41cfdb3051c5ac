import { Suspense, useDeferredValue, useEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react'
import { useLocation, useSearch } from 'wouter'
import { useDownload } from '../downloads/use-download.ts'
import { AddFiles, AddFolder } from '../files/add-buttons.tsx'
import { DetailsPanel } from '../files/details-panel.tsx'
import type { ListActions } from '../files/file-row.tsx'
import { RowsToCome } from '../files/rows-to-come.tsx'
import { ShareDialog } from '../files/share-dialog.tsx'
import { folderAddress, openFolderOf, pathOf } from '../open-folder.ts'
import { Page } from '../parts/page.tsx'
import { useHidden } from '../parts/use-hidden.ts'
import { useScreen, useShell } from '../shell.tsx'
import * as shellWords from '../words/shell-words.ts'
import { sayBytes } from '../words/figures.ts'
import { listWords, sayFiles } from '../words/list-words.ts'
import { sayPrice } from '../words/words.ts'
import '../look/folders.css'
import { FilesGrid, canAct } from './files-grid.tsx'
import { treeOf } from './folder-tree.ts'
import { MoveDialog, NameDialog } from './late-dialogs.ts'
import { NothingHere } from './nothing-here.tsx'
import { PlaceBar } from './place-bar.tsx'
import { isFolder, orderNamed, rowsOf, type ListRow, type Order } from './rows.ts'
import { SearchField } from './search-field.tsx'
import { everything, nothingSelected, type Selection } from './selection.ts'
import { SelectionBar } from './selection-bar.tsx'
import { createListActs } from './tree-acts.ts'
import { useOpenFolder } from './use-open-folder.ts'
import { useRowDrag } from './drag-rows.ts'

/** The sheet that is open above the list. */
type Above =
  | { readonly is: 'details' | 'share' | 'rename'; readonly id: string }
  | { readonly is: 'move'; readonly ids: readonly string[] }
  | { readonly is: 'new folder' }

interface Properties {
  readonly isOver: boolean
  /** Whether rows are known to come: the person had files here last time. */
  readonly isComing: boolean
}

/** Name under which memory has the order of rows. */
const orderName = 'order'

/** The open folder: where it is, what is in it, and what can be done to all of that. */
export function FileList({ isOver, isComing }: Properties) {
  const { model, notices, clock, memory } = useShell()
  const { peer } = useScreen()
  const [, go] = useLocation()
  const openId = openFolderOf(useSearch())
  const [search, setSearch] = useState('')
  const [order, setOrder] = useState<Order>(() => orderNamed(memory.read(orderName)))
  const [details, setDetails] = useState<string>()
  const [above, setAbove] = useState<Above>()
  const [focusOn, setFocusOn] = useState<{ readonly id: string }>()
  const [chosen, setChosen] = useState<Selection>(nothingSelected)
  const [isChoosing, setIsChoosing] = useState(false)
  const { hidden, hide, unhide } = useHidden(peer.files, peer.folders)
  const searched = useDeferredValue(search)

  const files = useMemo(() => peer.files.filter(({ id }) => !hidden.has(id)), [peer.files, hidden])
  const tree = useMemo(
    () =>
      treeOf(
        peer.folders.filter(({ id }) => !hidden.has(id)),
        files,
      ),
    [peer.folders, files, hidden],
  )
  const rows = useMemo(() => rowsOf(files, tree, { openId, search: searched, order }), [files, tree, openId, searched, order])
  const folder = tree.get(openId)
  const trail = useMemo(() => (folder === undefined ? [] : [...tree.above(folder.id).toReversed(), folder]), [tree, folder])
  const path = pathOf(trail)
  const byId = useMemo(() => new Map(rows.map((row) => [row.id, row])), [rows])
  const selection = useMemo(() => ({ ...chosen, ids: new Set([...chosen.ids].filter((id) => byId.has(id))) }), [chosen, byId])
  const selected = useMemo(() => rows.filter(({ id }) => selection.ids.has(id)), [rows, selection])
  const isSelecting = isChoosing || selected.length > 0
  const clear = () => {
    setChosen(nothingSelected)
    setIsChoosing(false)
  }
  useOpenFolder({
    openId,
    tree,
    rows,
    isKnown: !isComing && search === searched,
    isSearching: search !== '',
    onFocus: setFocusOn,
    onLeave: clear,
  })

  // What the actions look at: they stay the same, so that rows are not drawn again.
  const latest = useRef({ rows, byId, selected, tree })
  useEffect(() => {
    latest.current = { rows, byId, selected, tree }
  })
  const acts = useMemo(() => createListActs({ model, notices, hide, unhide }), [model, notices, hide, unhide])
  const download = useDownload()
  const actions = useMemo(() => {
    const discard = (these: readonly ListRow[]) => {
      setDetails(undefined)
      setFocusOn(neighbourOf(these, latest.current.rows))
      acts.discard(these)
      setChosen(nothingSelected)
      setIsChoosing(false)
    }
    /** Returns the row, with all others that are selected if it is one of them. */
    const together = (id: string): readonly ListRow[] => {
      const { selected: all, byId: known } = latest.current
      return all.some((row) => row.id === id) ? all : [known.get(id)].filter((row) => row !== undefined)
    }
    const ofRows: ListActions & { readonly onDiscard: (id: string) => void } = {
      onDownload: download,
      onShare: ({ id }) => setAbove({ is: 'share', id }),
      onDetails: ({ id }) => setDetails(id),
      onDelete: (file) => discard([file]),
      onDiscard: (id) => discard(together(id)),
      onRename: (id) => setAbove({ is: 'rename', id }),
      onMove: (id) => setAbove({ is: 'move', ids: together(id).map((row) => row.id) }),
      onOpenFolder: (id) => {
        setSearch('')
        go(folderAddress(id))
      },
    }
    return { ofRows, discard, together }
  }, [acts, download, go])
  const { over, drag } = useRowDrag({
    rowsOf: (id) => actions.together(id).filter(canAct),
    canTake: (carried, into) =>
      carried.every((row) => (row.parent ?? '') !== into) && !tree.isWithin(into, new Set(carried.map(({ id }) => id))),
    onMove: (carried, into) => acts.move(carried, tree.get(into)),
  })

  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    if (event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement) return
    if (event.key === 'Escape' && isSelecting) clear()
    else if (event.key === 'a' && (event.ctrlKey || event.metaKey)) {
      setChosen(
        everything(
          chosen,
          rows.filter(canAct).map(({ id }) => id),
        ),
      )
    } else return
    event.preventDefault()
  }
  const below = useMemo(() => {
    if (openId === undefined) return files
    const within = tree.within(openId)
    return files.filter(({ parent }) => parent !== undefined && within.has(parent))
  }, [files, tree, openId])
  const opened = peer.files.find(({ id }) => id === details)
  const shared = above?.is === 'share' ? peer.files.find(({ id }) => id === above.id) : undefined
  const renamed = above?.is === 'rename' ? byId.get(above.id) : undefined
  const downloadable = selected.flatMap((row) => (!isFolder(row) && row.canDownload ? [row] : []))
  const [single] = selected.length === 1 ? selected : []
  const close = () => setAbove(undefined)
  const tools = (
    <>
      <SearchField value={search} onChange={setSearch} />
      <AddFiles />
      <AddFolder />
    </>
  )
  return (
    <Page title={shellWords.files} tools={tools}>
      <p className="lede" data-searching={search !== '' || undefined}>
        {isComing
          ? shellWords.loading
          : below.length > 0 &&
            sayFiles(
              below.map(({ status }) => status),
              sayBytes(sizeOf(below)),
            )}
        {sayPrice(peer.price) !== '' && <span className="optional"> {sayPrice(peer.price)}.</span>}
      </p>
      <div className="listing" role="presentation" onKeyDown={onKeyDown} {...drag}>
        {isSelecting ? (
          <SelectionBar
            count={selected.length}
            onDownload={downloadable.length === selected.length ? () => downloadable.forEach(download) : undefined}
            onRename={single === undefined ? undefined : () => actions.ofRows.onRename(single.id)}
            onMove={() => setAbove({ is: 'move', ids: selected.map(({ id }) => id) })}
            onDelete={() => actions.discard(selected)}
            onClear={clear}
          />
        ) : (
          <PlaceBar
            trail={trail}
            over={over}
            order={order}
            isSelecting={isSelecting}
            hasRows={rows.length > 0}
            trashed={peer.trash.length}
            onOrder={(wanted) => {
              memory.write(orderName, wanted)
              setOrder(wanted)
            }}
            onNewFolder={() => setAbove({ is: 'new folder' })}
            onSelect={() => setIsChoosing(true)}
          />
        )}
        <section className="landing" aria-label={shellWords.dropHere} data-over={(isOver && over === undefined) || undefined}>
          {isComing && <RowsToCome />}
          {rows.length > 0 && (
            <FilesGrid
              rows={rows}
              now={clock.now()}
              openedId={details}
              focusOn={focusOn}
              selection={selection}
              isSelecting={isSelecting}
              over={over}
              whereOf={(row) => {
                const at = isFolder(row) ? pathOf(tree.above(row.id).toReversed()) : row.folder
                return searched === '' && at === path ? '' : at
              }}
              onSelection={setChosen}
              {...actions.ofRows}
            />
          )}
          {rows.length === 0 && !isComing && (
            <NothingHere searched={searched} files={files.length} isTop={openId === undefined} onAll={() => setSearch('')} />
          )}
          {rows.length > 0 && <p className="landing-says soft small">{listWords.dropAnywhere}</p>}
        </section>
      </div>
      {opened !== undefined && <DetailsPanel file={opened} onClose={() => setDetails(undefined)} {...actions.ofRows} />}
      {shared !== undefined && <ShareDialog file={shared} onClose={close} />}
      <Suspense>
        {above?.is === 'new folder' && (
          <NameDialog
            onClose={close}
            onName={(name) => model.ask(async (running) => setFocusOn({ id: await running.createFolder(name, folder?.id) }))}
          />
        )}
        {renamed !== undefined && (
          <NameDialog of={renamed} onClose={close} onName={(name) => model.ask((running) => running.rename(renamed.id, name))} />
        )}
        {above?.is === 'move' && (
          <MoveDialog
            folders={tree}
            rows={above.ids.flatMap((id) => byId.get(id) ?? [])}
            onClose={close}
            onMove={(moved, to) => {
              acts.move(moved, to)
              clear()
            }}
          />
        )}
      </Suspense>
    </Page>
  )
}

/** Returns the row that takes over when some go: the next one after the first of them that stays, or the last that is left. */
function neighbourOf(gone: readonly ListRow[], rows: readonly ListRow[]): ListRow | undefined {
  const ids = new Set(gone.map(({ id }) => id))
  const first = rows.findIndex(({ id }) => ids.has(id))
  return rows.slice(first).find(({ id }) => !ids.has(id)) ?? rows.slice(0, first).findLast(({ id }) => !ids.has(id))
}

function sizeOf(files: readonly { readonly size: number }[]): number {
  return files.reduce((sum, { size }) => sum + size, 0)
}
