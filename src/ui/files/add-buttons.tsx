import { Icon } from '../parts/icon.tsx'
import { inputIds, PickerPlace } from './pickers.tsx'

/** The picker "Add files". */
export function AddFiles({ size = 'normal' }: { readonly size?: 'normal' | 'large' }) {
  return (
    <label className={size === 'large' ? 'button main large' : 'button main'} htmlFor={inputIds.files}>
      <Icon name="add" />
      <span>Add files</span>
      <PickerPlace kind="files" />
    </label>
  )
}

/** The picker "Add folder": everything below the chosen folder. */
export function AddFolder({ size = 'normal' }: { readonly size?: 'normal' | 'large' }) {
  return (
    <label className={size === 'large' ? 'button large' : 'button folder'} htmlFor={inputIds.folder}>
      <Icon name="files" />
      <span>Add folder</span>
      <PickerPlace kind="folder" />
    </label>
  )
}
