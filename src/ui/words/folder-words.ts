import { isolated } from '../../core/file-name.ts'
import { sayBytes, sayCount } from './figures.ts'

/** The words of folders, of the selection and of what is done with both. */
export const folderWords = {
  folders: 'Folders',
  files: 'Files',
  folder: 'Folder',
  in: 'in',
  newFolder: 'New folder',
  select: 'Select',
  sort: 'Sort',
  trash: 'Trash',
  download: 'Download',
  rename: 'Rename',
  move: 'Move',
  delete: 'Delete',
  clear: 'Clear',
  undo: 'Undo',
  emptyFolder: 'This folder is empty',
  emptyTop: 'No files here',
  dropInto: 'Drop files here, or press Add files.',
  leftOut: '…',
  notThere: 'This folder is not here any more',
  nearest: 'You see the nearest one that is.',
  linkWorks: 'Its link works until it is deleted for good.',
  linksWork: 'Links to shared files work until they are deleted for good.',
  canComeBack: 'It can be put back from there.',
  canComeBackAll: 'They can be put back from there.',
} as const

/** Names of the orders of rows. */
export const orderWords = {
  newest: 'Newest first',
  oldest: 'Oldest first',
  name: 'A to Z',
  'name-last': 'Z to A',
  largest: 'Largest first',
  smallest: 'Smallest first',
} as const

/** Names of buttons, each with the file or the folder that it changes. */
export const sayTreeDeed = {
  rename: (name: string) => `Rename ${name}`,
  move: (name: string) => `Move ${name}`,
  select: (name: string) => `Select ${name}`,
} as const

/** Says what is in a folder: `3 files, 1.2 MB`. */
export function sayInside(files: number, size: number): string {
  return files === 0 ? 'Empty' : `${sayCount(files, 'file')}, ${sayBytes(size)}`
}

/** Writes a path as people read it: `Trip › Day 1`. */
export function sayPath(path: string): string {
  return path.replaceAll('/', ' › ')
}

/** Names the button that shows the `count` folders left out of a long path. */
export function sayLeftOut(count: number): string {
  return `Show ${sayCount(count, 'more folder')}`
}

/** Says how many rows are selected; names the toolbar. */
export function saySelected(count: number): string {
  return `${count} selected`
}

/** Says how many things are in the trash. */
export function sayThings(count: number): string {
  return sayCount(count, 'item')
}

/** Says what is in the trash now. */
export function sayInTrash(names: readonly string[]): string {
  return `${sayThem(names)} ${names.length === 1 ? 'is' : 'are'} in the trash`
}

/** Says what was moved, and into which folder; '' is the top. */
export function sayMoved(names: readonly string[], folder: string): string {
  return `${sayThem(names)} ${names.length === 1 ? 'is' : 'are'} now in ${folder === '' ? folderWords.files : isolated(folder)}`
}

function sayThem(names: readonly string[]): string {
  return names.length === 1 ? isolated(names[0] ?? '') : sayCount(names.length, 'item')
}
