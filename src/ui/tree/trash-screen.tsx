import { useEffect, useRef, useState, type KeyboardEvent } from 'react'
import { Link } from 'wouter'
import type { TrashView } from '../../peer/api/tree-view.ts'
import { folderAddress } from '../open-folder.ts'
import { Icon } from '../parts/icon.tsx'
import { Page } from '../parts/page.tsx'
import { useHidden } from '../parts/use-hidden.ts'
import { useScreen, useShell } from '../shell.tsx'
import { askForGood, askToEmpty, sayBack, sayKept, sayPage, treeWords } from '../words/tree-words.ts'
import { SureDialog } from './sure-dialog.tsx'
import { TrashRow } from './trash-row.tsx'
import '../look/folders.css'
import '../look/tree.css'

/** Most rows that are drawn at first, and that each further press adds. */
const PAGE_OF_ROWS = 90

/** The trash: what was deleted, until when it can be put back, and the ways back or out. */
export function TrashScreen() {
  const { model, notices, clock } = useShell()
  const { stage, peer } = useScreen()
  const { hidden, hide, unhide } = useHidden(peer.trash)
  const [asked, setAsked] = useState<TrashView | 'everything'>()
  const [first, setFirst] = useState(0)
  const list = useRef<HTMLUListElement>(null)
  const wanted = useRef<number>(undefined)
  const all = peer.trash.filter(({ id }) => !hidden.has(id))
  const from = Math.min(first, Math.max(0, Math.floor((all.length - 1) / PAGE_OF_ROWS) * PAGE_OF_ROWS))
  const shown = all.slice(from, from + PAGE_OF_ROWS)
  const [any] = all

  // When a row goes, the next one takes the focus, at the same button.
  useEffect(() => {
    if (wanted.current === undefined || asked !== undefined) return
    const rows = list.current?.querySelectorAll<HTMLElement>('li')
    const goal =
      rows?.[Math.min(wanted.current, rows.length - 1)]?.querySelector('button') ?? document.querySelector<HTMLElement>('.crumbs a')
    wanted.current = undefined
    goal?.focus()
  })
  const act = (rows: readonly TrashView[], task: Parameters<typeof model.ask>[0]) => {
    const ids = rows.map(({ id }) => id)
    wanted.current = Math.max(
      0,
      shown.findIndex(({ id }) => id === ids[0]),
    )
    hide(ids)
    model.ask(async (running) => {
      try {
        await task(running)
      } catch (error) {
        unhide(ids)
        throw error
      }
    })
  }
  const restore = (row: TrashView) =>
    act([row], async (running) => {
      await running.putBack([row.id])
      notices.show({ what: sayBack(row.name, row.folder), more: '', isUrgent: false }, { forMs: 6_000 })
    })
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    const row = event.target instanceof Element ? event.target.closest('li') : null
    if (step === undefined || row === null) return
    const goal = step > 0 ? row.nextElementSibling : row.previousElementSibling
    const at = [...row.querySelectorAll('button')].findIndex((button) => button === event.currentTarget)
    goal?.querySelectorAll('button')[at]?.focus()
    event.preventDefault()
  }
  const end = () => {
    if (asked === undefined) return
    if (asked === 'everything') act(all, (running) => running.emptyTrash())
    else act([asked], (running) => running.remove(asked.id))
    setAsked(undefined)
  }
  const tools = all.length > 0 && (
    <button type="button" className="button danger" onClick={() => setAsked('everything')}>
      <Icon name="bin" />
      <span>{treeWords.empty}</span>
    </button>
  )
  return (
    <Page title={treeWords.trash} tools={tools}>
      <nav className="crumbs" aria-label={treeWords.folders}>
        <ol>
          <li>
            <Link href={folderAddress()}>{treeWords.files}</Link>
          </li>
          <li>
            <span aria-current="page">{treeWords.trash}</span>
          </li>
        </ol>
      </nav>
      {any === undefined ? (
        stage !== 'starting' && (
          <div className="card nothing">
            <h2>{treeWords.nothing}</h2>
            <p className="soft">{treeWords.whatItIs}</p>
          </div>
        )
      ) : (
        <>
          <p className="lede">
            {sayKept(
              all.length,
              all.reduce((sum, { size }) => sum + size, 0),
              any.until - any.deletedAt,
            )}
          </p>
          <ul ref={list} className="trash" aria-label={treeWords.trash}>
            {shown.map((row) => (
              <TrashRow
                key={row.id}
                row={row}
                now={clock.now()}
                onKeyDown={onKeyDown}
                onRestore={() => restore(row)}
                onForGood={() => setAsked(row)}
              />
            ))}
          </ul>
          {all.length > PAGE_OF_ROWS && <Pages from={from} count={shown.length} of={all.length} onGo={setFirst} />}
        </>
      )}
      {asked !== undefined && (
        <SureDialog
          question={asked === 'everything' ? askToEmpty(all.length) : askForGood(asked.name)}
          means={asked === 'everything' ? treeWords.cannotUndoAll : treeWords.cannotUndo}
          onSure={end}
          onClose={() => setAsked(undefined)}
        />
      )}
    </Page>
  )
}

/** Goes through a long list page by page, so that the page never draws all of it. */
function Pages({
  from,
  count,
  of,
  onGo,
}: {
  readonly from: number
  readonly count: number
  readonly of: number
  readonly onGo: (first: number) => void
}) {
  return (
    <div className="pair">
      <button type="button" className="button" disabled={from === 0} onClick={() => onGo(from - PAGE_OF_ROWS)}>
        {treeWords.newer}
      </button>
      <span className="soft small num">{sayPage(from + 1, from + count, of)}</span>
      <button type="button" className="button" disabled={from + count >= of} onClick={() => onGo(from + PAGE_OF_ROWS)}>
        {treeWords.older}
      </button>
    </div>
  )
}
