import { isolated } from '../../core/file-name.ts'
import type { FileView } from '../../peer/index.ts'
import { sayRow } from './row-words.ts'

/** The words about a new version of the page. */
export const updateWords = {
  ready: 'New version ready',
  continues: 'Uploads and downloads continue after the reload.',
  now: 'Update now',
} as const

/** Said where a part of the list of files cannot be read on this device. */
export const damagedList = {
  what: 'Part of your list of files cannot be read on this device',
  more: 'Files may be missing here. What people keep of them stays with them: nothing is deleted.',
} as const

/** Says of which files hardly more is here than is needed, and what to do. */
export function sayThin(files: readonly FileView[]): { readonly what: string; readonly more: string } {
  const [file] = files
  const more = 'Keep your originals until more people are here.'
  if (file === undefined || files.length > 1) return { what: `${files.length} files have hardly anybody to spare`, more }
  return { what: isolated(file.name), more: `${sayRow(file)}. ${more}` }
}
