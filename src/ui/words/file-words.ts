import { isolated } from '../../core/file-name.ts'
import type { FileView } from '../../peer/index.ts'
import { sayCount, sayDate } from './figures.ts'

/** The words of the list of files and of the sheet of one file. */
export const fileWords = {
  files: 'Files',
  share: 'Share',
  resume: 'Resume',
  delete: 'Delete',
  copyIsHere: 'A sealed copy is still on this device',
  leavesPieces: 'Freeing it leaves the pieces with people.',
  keepCopy: 'Keep the copy',
  piecesStay: 'Its pieces stay with people.',
  undo: 'Undo',
  part: 'Part',
  piece: 'Piece',
  person: 'Person',
  seen: 'Seen',
  direct: 'Direct',
  now: 'now',
  notYet: 'not yet',
  yes: 'Yes',
  no: 'No',
  nobodyYet: 'Nobody yet. The file is on this device.',
} as const

/** Names of buttons, each with the file that it changes. */
export const sayDeed = {
  details: (name: string) => `Details of ${name}`,
  download: (name: string) => `Download ${name}`,
  share: (name: string) => `Share ${name}`,
  resume: (name: string) => `Resume ${name}`,
  tryAgain: (name: string) => `Try again: ${name}`,
  delete: (name: string) => `Delete ${name}`,
} as const

/** Says the size of a file and the day it was added. */
export function sayAdded(size: string, day: string): string {
  return `${size}, added ${day}`
}

/** Says until when people are asked to keep a file. Unix milliseconds. */
export function sayKeptUntil(until: number, now: number): string {
  const date = sayDate(until)
  if (until <= now) return `People were asked to keep it until ${date}. Keep this page open, so that they can be asked again.`
  return `People are asked to keep it until ${date}. Whenever this page is open, it renews that.`
}

/** Says what it means for a file to lie in a pack of `files`. */
export function sayPacked(files: number): string {
  return `Packed with ${sayCount(files - 1, 'other small file')}. They are stored, paused and freed together. You can open, share and delete each one.`
}

/** Returns the title of the table of those who keep a file. */
export function sayWhoKeeps(name: string): string {
  return `Who keeps ${name}`
}

/** Says how many more pieces the table has. */
export function sayMorePieces(count: number): string {
  return `And ${sayCount(count, 'more piece', 'more pieces')}.`
}

/** Names of the button that asks whether the copy may be freed, and of the one that frees it. */
export const sayFree = {
  ask: (size: string) => `Free ${size}`,
  sure: (size: string) => `Yes, free ${size}`,
} as const

/** Says that the copy of a file goes. */
export function sayCopyLeaves(name: string): string {
  return `The copy of ${isolated(name)} leaves this device`
}

/** Says why the copy cannot be freed now. */
export function sayNotNow({ health }: FileView): string {
  const { here, wanted, steadiness, isChecking } = health
  if (isChecking) return 'Checking who is here before it can be freed.'
  if (here < wanted) return `It can be freed while ${wanted} pieces are with people who are here; now ${here} are.`
  if (steadiness === 'unknown') return 'It can be freed once those who keep the pieces are known to be here often enough.'
  return 'It stays while too few of those who keep the pieces are here often enough.'
}

/** Asks whether the copy is to be freed. */
export function askToFree({ status }: FileView): string {
  const question = 'Free the copy? Then only other people keep this file.'
  return status === 'Fragile' ? `${question} It is fragile: the copy is what saves it when too many of them go.` : question
}
