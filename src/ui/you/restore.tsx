import { useId } from 'react'
import { useLocation } from 'wouter'
import { CloseButton, Sheet } from '../parts/sheet.tsx'
import { useScreen, useShell } from '../shell.tsx'
import { restoreWords } from '../words/restore-words.ts'
import { useDevices } from './devices.tsx'
import { RestoreDialog } from './restore-dialog.tsx'

/** Restores the list of files of other recovery words in this browser, where it has none of its own. */
export function Restore({ onClose }: { readonly onClose: () => void }) {
  const { model, clock } = useShell()
  const { peer } = useScreen()
  const devices = useDevices()
  const [, go] = useLocation()
  const { restore: view } = peer
  const end = () => {
    if (view !== undefined) model.ask((running) => running.endRestore())
    if (view?.is === 'done') go('/files/')
    onClose()
  }
  if (peer.files.length > 0 && view === undefined) return <FilesHere onClose={onClose} />
  return (
    <RestoreDialog
      view={view}
      devices={devices.filter(({ isThis }) => !isThis)}
      now={clock.now()}
      onRestore={(words) => model.ask((running) => running.restore(words))}
      onCancel={end}
      onSee={(lost) => {
        model.ask(async (running) => {
          for (const { id } of lost) await running.removeDevice(id)
        })
        end()
      }}
      onEmpty={() => model.ask((running) => running.restoreEmpty())}
    />
  )
}

function FilesHere({ onClose }: { readonly onClose: () => void }) {
  const title = useId()
  return (
    <Sheet kind="dialog" labelledBy={title} onClose={onClose}>
      <div className="close">
        <CloseButton onClose={onClose} />
      </div>
      <h2 id={title}>{restoreWords.filesHere}</h2>
      <p>{restoreWords.notHere}</p>
      <div className="actions">
        <button type="button" className="button" onClick={onClose}>
          {restoreWords.close}
        </button>
      </div>
    </Sheet>
  )
}
