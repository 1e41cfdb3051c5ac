import { Suspense, useMemo, useState } from 'react'
import type { FileView } from '../../peer/index.ts'
import { sayBytes } from '../figures.ts'
import { DetailsPanel, ShareDialog } from '../lazy-screens.tsx'
import { Icon } from '../parts/icon.tsx'
import { Page } from '../parts/page.tsx'
import { useDesk, useShell } from '../shell.tsx'
import { sayFiles, sayPrice } from '../words.ts'
import { AddFiles, AddFolder } from './add-buttons.tsx'
import { FilesGrid } from './files-grid.tsx'
import { RowsToCome } from './rows-to-come.tsx'
import { useDownload } from './use-download.ts'
import { Welcome } from './welcome.tsx'

/** The main screen: put files in, see how they stand, get them back, give them away. */
export function FilesScreen({ isOver }: { readonly isOver: boolean }) {
  const { desk, clock, memory } = useShell()
  const { stage, peer } = useDesk()
  const [search, setSearch] = useState('')
  const [detailsId, setDetailsId] = useState<string>()
  const [sharedId, setSharedId] = useState<string>()
  const download = useDownload()
  const actions = useMemo(
    () => ({
      onDownload: download,
      onShare: (file: FileView) => setSharedId(file.id),
      onDetails: (file: FileView) => setDetailsId(file.id),
      onDelete: (file: FileView) => {
        setDetailsId(undefined)
        desk.remove(file)
      },
    }),
    [desk, download],
  )

  const isComing = stage === 'starting' && peer.files.length === 0 && memory.read('had-files') === 'yes'
  if (stage === 'running') memory.write('had-files', peer.files.length > 0 ? 'yes' : 'no')
  if (peer.files.length === 0 && !isComing) {
    return (
      <Page title="Files" titleIs="unseen">
        <Welcome isOver={isOver} price={peer.price} />
      </Page>
    )
  }

  const found = peer.files.filter((file) => isFound(file, search))
  const details = peer.files.find((file) => file.id === detailsId)
  const shared = peer.files.find((file) => file.id === sharedId)
  const tools = (
    <>
      <label className="search">
        <Icon name="search" />
        <input
          className="field"
          type="search"
          placeholder="Find a file"
          aria-label="Find a file"
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
      </label>
      <AddFiles />
      <AddFolder />
    </>
  )
  return (
    <Page title="Files" tools={tools}>
      <p className="lede">
        {isComing
          ? 'Your files come up in a moment.'
          : sayFiles(
              peer.files.map((file) => file.status),
              sayBytes(sizeOf(peer.files)),
            )}{' '}
        {sayPrice(peer.price) !== '' && `${sayPrice(peer.price)}.`}
      </p>
      <section className="landing" aria-label="Drop files here" data-over={isOver || undefined}>
        {isComing && <RowsToCome />}
        {found.length > 0 && <FilesGrid files={found} now={clock.now()} selectedId={detailsId} {...actions} />}
        {found.length === 0 && !isComing && (
          <div className="card">
            <h2>No file is called “{search}”</h2>
            <p className="soft">Part of a name is enough. Nothing is hidden: clear the search and all {peer.files.length} are back.</p>
            <div className="actions">
              <button type="button" className="button" onClick={() => setSearch('')}>
                Show all files
              </button>
            </div>
          </div>
        )}
        <p className="landing-says soft small">Drop files or folders anywhere on this page, or paste them.</p>
      </section>
      <Suspense>
        {details !== undefined && <DetailsPanel file={details} onClose={() => setDetailsId(undefined)} {...actions} />}
        {shared !== undefined && <ShareDialog file={shared} onClose={() => setSharedId(undefined)} />}
      </Suspense>
    </Page>
  )
}

function isFound(file: FileView, search: string): boolean {
  const name = file.name.toLocaleLowerCase()
  return search
    .toLocaleLowerCase()
    .split(' ')
    .every((part) => name.includes(part))
}

function sizeOf(files: readonly FileView[]): number {
  return files.reduce((sum, file) => sum + file.size, 0)
}
