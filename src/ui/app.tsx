import { Suspense, useCallback, useEffect, useState } from 'react'
import { Redirect, Route, Switch, useLocation } from 'wouter'
import { filesOfDrop, filesOfPicker } from './dropped.ts'
import { FilesScreen } from './files/files-screen.tsx'
import { Pickers } from './files/pickers.tsx'
import { isLinkPath, looksLikeLink, remember, takeLink, type ReceivedLink } from './fragment.ts'
import { isFilesPath, isTrash, openFolderOf } from './open-folder.ts'
import { DoublesDialog, GiveScreen, LinkPage, loadRows, loadScreens, PeopleScreen, YouScreen } from './lazy-screens.tsx'
import { Page } from './parts/page.tsx'
import { useScreen, useShell } from './shell.tsx'
import * as shellWords from './words/shell-words.ts'
import type { PageMemory } from './surroundings.ts'

interface AppProperties {
  /** The link that was taken out of the address bar before anything else ran. */
  readonly link: ReceivedLink | undefined
  readonly tab: PageMemory
}

/** Every screen of the page. */
export function App({ link: first, tab }: AppProperties) {
  const [path] = useLocation()
  const { link, openLink } = useLink(first, tab)
  const isOver = useDrops({ isWelcome: !isLinkPath(path), onLink: openLink })
  const { model } = useShell()
  const { doubles } = useScreen()
  useEffect(loadRows, [])
  useEffect(() => void model.peer.finally(loadScreens).catch(() => undefined), [model])
  return (
    <div className="stage">
      {isLinkPath(path) ? (
        <Suspense>
          <LinkPage link={link} onLink={openLink} />
        </Suspense>
      ) : (
        <Switch>
          <Route path="/">
            <FilesScreen isOver={isOver} />
          </Route>
          <Route path="/files">
            <FilesScreen isOver={isOver} />
          </Route>
          <Route path="/give">
            <Suspense fallback={<Page title={shellWords.give} />}>
              <GiveScreen />
            </Suspense>
          </Route>
          <Route path="/people">
            <Suspense fallback={<Page title={shellWords.people} />}>
              <PeopleScreen />
            </Suspense>
          </Route>
          <Route path="/you">
            <Suspense fallback={<Page title={shellWords.you} />}>
              <YouScreen />
            </Suspense>
          </Route>
          <Route>
            <Redirect to="/files" replace />
          </Route>
        </Switch>
      )}
      <Pickers />
      {doubles.length > 0 && (
        <Suspense>
          <DoublesDialog />
        </Suspense>
      )}
    </div>
  )
}

/** Returns the shown link: the one that the page came with, or the last one pasted into the page or its address. */
function useLink(first: ReceivedLink | undefined, tab: PageMemory) {
  const [link, setLink] = useState(first)
  const [, go] = useLocation()
  useEffect(() => {
    const take = () => {
      if (window.location.hash !== '') setLink(takeLink(window.location, window.history, tab))
    }
    window.addEventListener('hashchange', take)
    return () => window.removeEventListener('hashchange', take)
  }, [tab])
  const openLink = useCallback(
    (text: string) => {
      const pasted = { text, isSeenByHost: false }
      remember(tab, pasted)
      setLink(pasted)
      go('/s/')
    },
    [tab, go],
  )
  return { link, openLink }
}

/** Takes drops and pastes anywhere on the page; returns whether files are being dragged over it now. */
function useDrops({ isWelcome, onLink }: { readonly isWelcome: boolean; readonly onLink: (text: string) => void }): boolean {
  const { model, notices } = useShell()
  const [isOver, setIsOver] = useState(false)
  const [, go] = useLocation()
  useEffect(() => {
    const store = (files: ReturnType<typeof filesOfPicker>, into = openFolderOf(window.location.search)) => {
      if (files.length === 0) return
      model.store(files, into)
      if (!isFilesPath(window.location.pathname) || isTrash(window.location.search)) go('/files')
    }
    const onOver = (event: DragEvent) => {
      if (!hasFiles(event)) return
      // prevented even where nothing is taken, or the browser would leave the page for the file
      event.preventDefault()
      if (event.dataTransfer !== null) event.dataTransfer.dropEffect = isWelcome ? 'copy' : 'none'
      setIsOver(isWelcome)
    }
    const onLeave = (event: DragEvent) => {
      if (event.relatedTarget === null) setIsOver(false)
    }
    const onDrop = (event: DragEvent) => {
      setIsOver(false)
      if (!hasFiles(event) || event.dataTransfer === null) return
      event.preventDefault()
      if (!isWelcome) return
      // a row of a folder, and a folder of the path above the list, take what is dropped on them
      const target = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-into]') : null
      const into = target === null ? openFolderOf(window.location.search) : (target.dataset['into'] ?? '')
      void filesOfDrop(event.dataTransfer).then(({ files, unreadable }) => {
        store(files, into)
        if (unreadable > 0) notices.show({ ...shellWords.sayUnreadable(unreadable), isUrgent: true })
      })
    }
    const onPaste = (event: ClipboardEvent) => {
      const pasted = event.clipboardData
      const text = pasted?.getData('text/plain') ?? ''
      if (looksLikeLink(text)) onLink(text)
      else if (isWelcome && pasted !== null && pasted.files.length > 0) store(filesOfPicker(pasted.files))
      else return
      event.preventDefault()
    }
    window.addEventListener('dragover', onOver)
    window.addEventListener('dragleave', onLeave)
    window.addEventListener('drop', onDrop)
    window.addEventListener('paste', onPaste)
    return () => {
      window.removeEventListener('dragover', onOver)
      window.removeEventListener('dragleave', onLeave)
      window.removeEventListener('drop', onDrop)
      window.removeEventListener('paste', onPaste)
    }
  }, [model, notices, go, isWelcome, onLink])
  return isOver
}

function hasFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes('Files') === true
}
