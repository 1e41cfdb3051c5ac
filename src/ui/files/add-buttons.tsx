import type { ChangeEvent } from 'react'
import { filesOfPicker } from '../dropped.ts'
import { Icon } from '../parts/icon.tsx'
import { useShell } from '../shell.tsx'

/** The picker "Add files". */
export function AddFiles({ size = 'normal' }: { readonly size?: 'normal' | 'large' }) {
  const add = useAdd()
  return (
    <label className={size === 'large' ? 'button main large' : 'button main'}>
      <Icon name="add" />
      <span>Add files</span>
      <input type="file" multiple aria-label="Add files" onChange={add} />
    </label>
  )
}

/** The picker "Add folder": everything below the chosen folder. */
export function AddFolder({ size = 'normal' }: { readonly size?: 'normal' | 'large' }) {
  const add = useAdd()
  return (
    <label className={size === 'large' ? 'button large' : 'button folder'}>
      <Icon name="files" />
      <span>Add folder</span>
      <input ref={chooseFolders} type="file" multiple aria-label="Add folder" onChange={add} />
    </label>
  )
}

function chooseFolders(input: HTMLInputElement | null) {
  if (input !== null) input.webkitdirectory = true
}

function useAdd() {
  const { desk } = useShell()
  return (event: ChangeEvent<HTMLInputElement>) => {
    desk.store(filesOfPicker(event.currentTarget.files ?? []))
    // so that the same file can be chosen again
    event.currentTarget.value = ''
  }
}
