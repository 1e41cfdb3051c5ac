import { useCallback } from 'react'
import type { FileView } from '../../peer/index.ts'
import { useShell } from '../shell.tsx'

/** Returns a function that downloads an own file at one press, without a question. */
export function useDownload(): (file: FileView) => void {
  const { model, downloads } = useShell()
  return useCallback(
    (file) =>
      downloads.start({
        key: `fetch ${file.id}`,
        name: file.name,
        size: file.size,
        open: async () => (await model.peer).openFile(file.id),
      }),
    [model, downloads],
  )
}
