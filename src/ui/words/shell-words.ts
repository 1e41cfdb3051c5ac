// Texts of the shell, which stand before any screen has come. Each is an export of its own: the shell has no room for a table.
import { isolated } from '../../core/file-name.ts'
import { sayCount } from './figures.ts'

export const app = 'Scatterhoard'
export const main = 'Main'
export const files = 'Files'
export const give = 'Give'
export const people = 'People'
export const you = 'You'
export const keepOpen = 'Keep this tab open or pinned. It uploads your files and keeps pieces for others only while it is open.'
export const closeIt = 'Close it to continue here.'
export const addFiles = 'Add files'
export const addFolder = 'Add folder'
export const loading = 'Loading your files.'
export const dropHere = 'Drop files here'
export const triesAgain = 'This page tries again by itself.'
export const undo = 'Undo'
export const placedGoes = 'What is already with people is removed.'

/** Returns the title of a window that shows `title`. */
export const sayTitle = (title: string): string => `${title} - ${app}`
/** Returns the name of the button that closes the message `what`. */
export const sayClose = (what: string): string => `Close: ${what}`
/** Says that storing a file, or the `count` small ones that are stored together, is cancelled. */
export const sayCancelled = (name: string, count: number): string =>
  `Storing ${count > 1 ? sayCount(count, 'small file') : isolated(name)} is cancelled`
/** Says that `count` items of a drop could not be read. */
export function sayUnreadable(count: number): { readonly what: string; readonly more: string } {
  return {
    what: count === 1 ? 'One item could not be read' : `${count} items could not be read`,
    more: 'They were moved or this browser may not open them. Everything else is in.',
  }
}
