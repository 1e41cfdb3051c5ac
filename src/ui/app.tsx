import { Suspense, useEffect, useState } from 'react'
import { Redirect, Route, Switch, useLocation } from 'wouter'
import { filesOfDrop, filesOfPicker } from './dropped.ts'
import { FilesScreen } from './files/files-screen.tsx'
import { isLinkPath, takeFragment } from './fragment.ts'
import { GiveScreen, loadScreens, PeopleScreen, YouScreen } from './lazy-screens.tsx'
import { LinkPage } from './link/link-page.tsx'
import { Page } from './parts/page.tsx'
import { Toaster } from './parts/toaster.tsx'
import { useShell } from './shell.tsx'

/** Every screen of the page. `fragment` is the key of a link that was taken out of the address bar before anything else ran. */
export function App({ fragment }: { readonly fragment: string | undefined }) {
  const [path] = useLocation()
  const key = useFragment(fragment)
  const isOver = useDrops(!isLinkPath(path))
  const { desk } = useShell()
  useEffect(() => void desk.peer.finally(loadScreens).catch(() => undefined), [desk])
  return (
    <div className="stage">
      {isLinkPath(path) ? (
        <LinkPage fragment={key} />
      ) : (
        <Switch>
          <Route path="/">
            <FilesScreen isOver={isOver} />
          </Route>
          <Route path="/files">
            <FilesScreen isOver={isOver} />
          </Route>
          <Route path="/give">
            <Suspense fallback={<Page title="Give" />}>
              <GiveScreen />
            </Suspense>
          </Route>
          <Route path="/people">
            <Suspense fallback={<Page title="People" />}>
              <PeopleScreen />
            </Suspense>
          </Route>
          <Route path="/you">
            <Suspense fallback={<Page title="You" />}>
              <YouScreen />
            </Suspense>
          </Route>
          <Route>
            <Redirect to="/files" replace />
          </Route>
        </Switch>
      )}
      <Toaster />
    </div>
  )
}

/** Another link pasted into the address bar of this page changes only the fragment: it is taken out at once as well. */
function useFragment(first: string | undefined): string | undefined {
  const [fragment, setFragment] = useState(first)
  useEffect(() => {
    const take = () => {
      const next = takeFragment(window.location, window.history)
      if (next !== undefined) setFragment(next)
    }
    window.addEventListener('hashchange', take)
    return () => window.removeEventListener('hashchange', take)
  }, [])
  return fragment
}

/** Takes drops and pastes anywhere on the page; returns whether files hang over it now. */
function useDrops(isWelcome: boolean): boolean {
  const { desk, notices } = useShell()
  const [isOver, setIsOver] = useState(false)
  const [, go] = useLocation()
  useEffect(() => {
    const store = (files: ReturnType<typeof filesOfPicker>) => {
      if (files.length === 0) return
      desk.store(files)
      go('/files')
    }
    const onOver = (event: DragEvent) => {
      if (!hasFiles(event)) return
      // also where nothing is taken: else the browser leaves the page for the file
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
      void filesOfDrop(event.dataTransfer).then(({ files, unreadable }) => {
        store(files)
        if (unreadable > 0) {
          const what = unreadable === 1 ? 'One item could not be read' : `${unreadable} items could not be read`
          notices.show({ what, more: 'They were moved or this browser may not open them. Everything else is in.', isUrgent: true })
        }
      })
    }
    const onPaste = (event: ClipboardEvent) => {
      if (!isWelcome || event.clipboardData === null || event.clipboardData.files.length === 0) return
      event.preventDefault()
      store(filesOfPicker(event.clipboardData.files))
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
  }, [desk, notices, go, isWelcome])
  return isOver
}

function hasFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes('Files') === true
}
