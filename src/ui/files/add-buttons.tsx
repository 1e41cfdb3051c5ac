import { Icon } from '../parts/icon.tsx'
import { addFiles, addFolder } from '../words/shell-words.ts'
import { inputIds, PickerPlace } from './pickers.tsx'

/** The picker "Add files". */
export function AddFiles({ size = 'normal' }: { readonly size?: 'normal' | 'large' }) {
  return (
    <label className={size === 'large' ? 'button main large' : 'button main'} htmlFor={inputIds.files}>
      <Icon name="add" />
      <span>{addFiles}</span>
      <PickerPlace kind="files" />
    </label>
  )
}

/** The picker "Add folder": everything below the chosen folder. */
export function AddFolder({ size = 'normal' }: { readonly size?: 'normal' | 'large' }) {
  return (
    <label className={size === 'large' ? 'button large' : 'button folder'} htmlFor={inputIds.folder}>
      <Icon name="files" />
      <span>{addFolder}</span>
      <PickerPlace kind="folder" />
    </label>
  )
}
