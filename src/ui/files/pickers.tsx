import type { ChangeEvent } from 'react'
import { useLocation, useSearch } from 'wouter'
import { filesOfPicker } from '../dropped.ts'
import { isFilesPath, isTrash, openFolderOf } from '../open-folder.ts'
import { useShell } from '../shell.tsx'
import { addFiles, addFolder } from '../words/shell-words.ts'

const homeId = 'pickers'
/** Ids of the inputs, for the labels that stand for them. */
export const inputIds = { files: 'picker-files', folder: 'picker-folder' } as const

/**
 * The inputs "Add files" and "Add folder", one each for the life of the page. The system's picker may stay open while the screen that
 * opened it is replaced; the chosen files then come to an input that is still there.
 */
export function Pickers() {
  const { model } = useShell()
  const [path, go] = useLocation()
  const search = useSearch()
  const add = (event: ChangeEvent<HTMLInputElement>) => {
    const files = filesOfPicker(event.currentTarget.files ?? [])
    // emptied, so that the same file can be chosen again
    event.currentTarget.value = ''
    if (files.length === 0) return
    model.store(files, openFolderOf(search))
    if (!isFilesPath(path) || isTrash(search)) go('/files')
  }
  return (
    <div id={homeId} hidden>
      <input id={inputIds.files} type="file" multiple aria-label={addFiles} onChange={add} />
      <input id={inputIds.folder} ref={chooseFolders} type="file" multiple aria-label={addFolder} onChange={add} />
    </div>
  )
}

/** The place in a shown button for the input of its kind: a press on the label opens the picker, and Tab reaches the input there. */
export function PickerPlace({ kind }: { readonly kind: keyof typeof inputIds }) {
  return <span ref={borrow[kind]} />
}

/** Refs that move the inputs, since React moves neither; an input goes home before the screen that borrows it goes. */
const borrow = {
  files: (place: HTMLElement | null) => borrowInput(inputIds.files, place),
  folder: (place: HTMLElement | null) => borrowInput(inputIds.folder, place),
}

function borrowInput(id: string, place: HTMLElement | null) {
  const input = document.getElementById(id)
  if (place === null || input === null) return undefined
  place.append(input)
  return () => {
    if (place.contains(input)) document.getElementById(homeId)?.append(input)
  }
}

function chooseFolders(input: HTMLInputElement | null) {
  if (input !== null) input.webkitdirectory = true
}
