import { Suspense, useState } from 'react'
import { useSearch } from 'wouter'
import { FileList, Restore, TrashScreen } from '../lazy-screens.tsx'
import { isTrash } from '../open-folder.ts'
import { Page } from '../parts/page.tsx'
import { useScreen, useShell } from '../shell.tsx'
import * as shellWords from '../words/shell-words.ts'
import { AddFiles, AddFolder } from './add-buttons.tsx'
import { RowsToCome } from './rows-to-come.tsx'
import { Welcome } from './welcome.tsx'

/** The main screen: put files in, see their state, get them back, share them. The list itself is loaded after the first paint. */
export function FilesScreen({ isOver }: { readonly isOver: boolean }) {
  const [isRestoring, setIsRestoring] = useState(false)
  const { memory } = useShell()
  const { stage, peer } = useScreen()
  const isInTrash = isTrash(useSearch())
  const isEmpty = peer.files.length + peer.folders.length + peer.trash.length === 0
  const isComing = stage === 'starting' && isEmpty && memory.read('had-files') === 'yes'
  if (stage === 'running') memory.write('had-files', isEmpty ? 'no' : 'yes')
  // The dialog outlives the empty screen, from which it is opened.
  return (
    <>
      {isEmpty && !isComing && !isInTrash ? (
        <Page title={shellWords.files} titleIs="unseen">
          <Welcome isOver={isOver} price={peer.price} onRestore={() => setIsRestoring(true)} />
        </Page>
      ) : (
        <Suspense fallback={<ListToCome />}>{isInTrash ? <TrashScreen /> : <FileList isOver={isOver} isComing={isComing} />}</Suspense>
      )}
      {isRestoring && (
        <Suspense>
          <Restore onClose={() => setIsRestoring(false)} />
        </Suspense>
      )}
    </>
  )
}

/** The list until its script has come; everything already stands where it will. */
function ListToCome() {
  const tools = (
    <>
      <span className="search">
        <span className="field" />
      </span>
      <AddFiles />
      <AddFolder />
    </>
  )
  return (
    <Page title={shellWords.files} tools={tools}>
      <p className="lede">{shellWords.loading}</p>
      <div className="place" />
      <RowsToCome />
    </Page>
  )
}
