import { Suspense, useDeferredValue, useEffect, useMemo, useRef, useState } from 'react'
import type { FileView } from '../../peer/index.ts'
import { sayBytes } from '../words/figures.ts'
import { DetailsPanel, FilesGrid, Restore, ShareDialog } from '../lazy-screens.tsx'
import { Icon } from '../parts/icon.tsx'
import { Page } from '../parts/page.tsx'
import { useScreen, useShell } from '../shell.tsx'
import * as shellWords from '../words/shell-words.ts'
import { sayFiles, sayPrice } from '../words/words.ts'
import { AddFiles, AddFolder } from './add-buttons.tsx'
import { RowsToCome } from './rows-to-come.tsx'
import { searchFor } from './search.ts'
import { useDownload } from '../downloads/use-download.ts'
import { Welcome } from './welcome.tsx'

/** The main screen: put files in, see their state, get them back, share them. */
export function FilesScreen({ isOver }: { readonly isOver: boolean }) {
  const [isRestoring, setIsRestoring] = useState(false)
  // The dialog outlives the empty screen, from which it is opened.
  return (
    <>
      <Files isOver={isOver} onRestore={() => setIsRestoring(true)} />
      {isRestoring && (
        <Suspense>
          <Restore onClose={() => setIsRestoring(false)} />
        </Suspense>
      )}
    </>
  )
}

function Files({ isOver, onRestore }: { readonly isOver: boolean; readonly onRestore: () => void }) {
  const { model, clock, memory } = useShell()
  const { stage, peer } = useScreen()
  const [search, setSearch] = useState('')
  const [detailsId, setDetailsId] = useState<string>()
  const [sharedId, setSharedId] = useState<string>()
  const [focusOn, setFocusOn] = useState<{ readonly id: string }>()
  const { files } = peer
  const searched = useDeferredValue(search)
  const found = useMemo(() => {
    const isFound = searchFor(searched)
    return files.filter(({ name }) => isFound(name))
  }, [files, searched])
  const summary = useMemo(
    () =>
      sayFiles(
        files.map(({ status }) => status),
        sayBytes(sizeOf(files)),
      ),
    [files],
  )
  const shown = useRef(found)
  useEffect(() => {
    shown.current = found
  })
  const download = useDownload()
  const actions = useMemo(
    () => ({
      onDownload: download,
      onShare: (file: FileView) => setSharedId(file.id),
      onDetails: (file: FileView) => setDetailsId(file.id),
      onDelete: (file: FileView) => {
        setDetailsId(undefined)
        setFocusOn(neighbourOf(file, shown.current))
        model.remove(file)
      },
    }),
    [model, download],
  )

  const isComing = stage === 'starting' && files.length === 0 && memory.read('had-files') === 'yes'
  if (stage === 'running') memory.write('had-files', files.length > 0 ? 'yes' : 'no')
  if (files.length === 0 && !isComing) {
    return (
      <Page title={shellWords.files} titleIs="unseen">
        <Welcome isOver={isOver} price={peer.price} onRestore={onRestore} />
      </Page>
    )
  }

  const details = files.find((file) => file.id === detailsId)
  const shared = files.find((file) => file.id === sharedId)
  const tools = (
    <>
      <label className="search">
        <Icon name="search" />
        <input
          className="field"
          type="search"
          placeholder={shellWords.find}
          aria-label={shellWords.find}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
      </label>
      <AddFiles />
      <AddFolder />
    </>
  )
  return (
    <Page title={shellWords.files} tools={tools}>
      <p className="lede">
        {isComing ? shellWords.loading : summary}
        {sayPrice(peer.price) !== '' && <span className="optional"> {sayPrice(peer.price)}.</span>}
      </p>
      <section className="landing" aria-label={shellWords.dropHere} data-over={isOver || undefined}>
        {isComing && <RowsToCome />}
        {found.length > 0 && (
          <Suspense fallback={<RowsToCome />}>
            <FilesGrid files={found} now={clock.now()} selectedId={detailsId} focusOn={focusOn} {...actions} />
          </Suspense>
        )}
        {found.length === 0 && !isComing && (
          <div className="card">
            <h2>{shellWords.sayNotFound(searched)}</h2>
            <p className="soft">{shellWords.saySearchLess(files.length)}</p>
            <div className="actions">
              <button type="button" className="button" onClick={() => setSearch('')}>
                {shellWords.showAll}
              </button>
            </div>
          </div>
        )}
        <p className="landing-says soft small">{shellWords.dropAnywhere}</p>
      </section>
      <Suspense>
        {details !== undefined && <DetailsPanel file={details} onClose={() => setDetailsId(undefined)} {...actions} />}
        {shared !== undefined && <ShareDialog file={shared} onClose={() => setSharedId(undefined)} />}
      </Suspense>
    </Page>
  )
}

/** Returns the row that takes over when `file` goes: the next one, or the last that is left. */
function neighbourOf(file: FileView, files: readonly FileView[]): FileView | undefined {
  const at = files.findIndex(({ id }) => id === file.id)
  return files[at + 1] ?? files[at - 1]
}

function sizeOf(files: readonly FileView[]): number {
  return files.reduce((sum, file) => sum + file.size, 0)
}
