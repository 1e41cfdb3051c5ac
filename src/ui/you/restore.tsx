import { useLocation } from 'wouter'
import { isFilesPath } from '../open-folder.ts'
import { useScreen, useShell } from '../shell.tsx'
import { useDevices } from './devices.tsx'
import { RestoreDialog } from './restore-dialog.tsx'

/** Restores the list of files of other recovery words in this browser; files that it has go along into that list. */
export function Restore({ onClose }: { readonly onClose: () => void }) {
  const { model, clock } = useShell()
  const { peer } = useScreen()
  const devices = useDevices()
  const [path, go] = useLocation()
  const { restore: view } = peer
  const end = () => {
    if (view !== undefined) model.ask((running) => running.endRestore())
    onClose()
  }
  return (
    <RestoreDialog
      view={view}
      files={peer.files.length}
      devices={devices.filter(({ isThis }) => !isThis)}
      now={clock.now()}
      onRestore={(words) => model.ask((running) => running.restore(words))}
      onCancel={end}
      onSee={(lost) => {
        model.ask(async (running) => {
          for (const { id } of lost) await running.removeDevice(id)
        })
        // The entry that the dialog has in the history is taken back first: a step back would leave the screen that comes now.
        if (!isFilesPath(path)) window.addEventListener('popstate', () => go('/files/'), { once: true })
        end()
      }}
      onEmpty={() => model.ask((running) => running.restoreEmpty())}
    />
  )
}
