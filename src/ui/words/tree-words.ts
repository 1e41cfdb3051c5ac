import { isolated } from '../../core/file-name.ts'
import { sayAge, sayBytes, sayCount, sayDay } from './figures.ts'
import { sayPath } from './folder-words.ts'

const HOUR_MS = 3_600_000

/** The words of the dialogs that change the tree of folders, and of the trash. */
export const treeWords = {
  newFolder: 'New folder',
  rename: 'Rename',
  name: 'Name',
  make: 'Make folder',
  save: 'Save',
  cancel: 'Cancel',
  moveTo: 'Move to',
  folders: 'Folders',
  files: 'Files',
  isHere: 'is here',
  itself: 'cannot go into itself',
  move: 'Move here',
  trash: 'Trash',
  empty: 'Empty trash',
  nothing: 'The trash is empty',
  whatItIs: 'What you delete waits here before it goes for good, and can be put back.',
  restore: 'Restore',
  forGood: 'Delete for good',
  keep: 'Keep',
  newer: 'Newer',
  older: 'Older',
  cannotUndo: 'People remove its pieces, and links to it stop working. This cannot be undone.',
  cannotUndoAll: 'People remove the pieces, and links stop working. This cannot be undone.',
} as const

/** Names of buttons in the trash, each with the file or the folder that it changes. */
export const sayTrashDeed = {
  restore: (name: string) => `Restore ${name}`,
  forGood: (name: string) => `Delete ${name} for good`,
} as const

/** Names the dialog in which `name` is given another one. */
export function sayRename(name: string): string {
  return `Rename ${name}`
}

/** Says what is to be moved. */
export function sayMoving(names: readonly string[]): string {
  return names.length === 1 ? (names[0] ?? '') : sayCount(names.length, 'item')
}

/** Says what the trash holds, and for how long. `keptMs` is how long it keeps each thing, milliseconds. */
export function sayKept(count: number, size: number, keptMs: number): string {
  return `${sayCount(count, 'item')}, ${sayBytes(size)}. Each is kept for ${sayAge(keptMs) || 'a moment'} and then goes for good.`
}

/** Says where a thing in the trash comes from. */
export function sayFrom(folder: string): string {
  return `from ${folder === '' ? treeWords.files : sayPath(folder)}`
}

/** Says how long a thing stays in the trash before it goes for good. Unix milliseconds. */
export function sayGoes(until: number, now: number): string {
  // What was deleted a moment ago has all of its days left.
  const left = sayAge(Math.ceil((until - now) / HOUR_MS) * HOUR_MS)
  return until > now ? `${left} left` : 'Goes for good now'
}

/** Says when it was deleted. Unix milliseconds. */
export function sayDeleted(deletedAt: number, now: number): string {
  return `deleted ${sayDay(deletedAt, now)}`
}

/** Asks whether `name` is to go for good. */
export function askForGood(name: string): string {
  return `Delete ${isolated(name)} for good?`
}

/** Asks whether all `count` things in the trash are to go for good. */
export function askToEmpty(count: number): string {
  return `Delete the ${count === 1 ? 'one item' : sayCount(count, 'item')} in the trash for good?`
}

/** Says what is back, and where. */
export function sayBack(name: string, folder: string): string {
  return `${isolated(name)} is back in ${folder === '' ? treeWords.files : isolated(sayPath(folder))}`
}

/** Says which rows of a long list are shown: `1 to 90 of 412`. */
export function sayPage(first: number, last: number, of: number): string {
  return `${first} to ${last} of ${of}`
}
