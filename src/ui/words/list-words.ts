import type { StatusWord } from '../../peer/index.ts'
import { sayCount } from './figures.ts'

/** The words around the list of files. */
export const listWords = {
  find: 'Find a file',
  showAll: 'Show all files',
  dropAnywhere: 'Drop files or folders anywhere on this page, or paste them.',
} as const

/** Says that a search found nothing. */
export function sayNotFound(searched: string): string {
  return `Nothing is called “${searched}”`
}

/** Says how to find one of `count` files after that. */
export function saySearchLess(count: number): string {
  return `A part of a name is enough. Clear the search to see all ${sayCount(count, 'file')}.`
}

/** Returns the line that sums up the Files screen, with the facts that most rows share, so that a row shows only where it differs. */
export function sayFiles(words: readonly StatusWord[], size: string): string {
  const count = (...which: StatusWord[]) => words.filter((word) => which.includes(word)).length
  const [stored, fragile] = [count('Protected', 'Strong', 'Fragile'), count('Fragile')]
  const parts = [
    part(stored, 'stored'),
    part(count('Storing'), 'is uploading', 'are uploading'),
    part(count('Restoring'), 'is being restored', 'are being restored'),
    part(count('On this device only'), 'is only on this device', 'are only on this device'),
    part(count('Waiting for people'), 'is waiting for people', 'are waiting for people'),
    part(count('Cannot be rebuilt'), 'cannot be rebuilt', 'cannot be rebuilt'),
  ].filter((text) => text !== '')
  const advice = fragile === 0 ? '' : `${fragile === stored ? '' : `${fragile} `}fragile: keep your originals`
  const [first = '', ...others] = parts
  const said = advice === '' ? joined(parts) : [`${first}, ${advice}`, joined(others)].filter((text) => text !== '').join('. ')
  return `${sayCount(words.length, 'file')}, ${size}. ${said}.`
}

function part(count: number, one: string, many = one): string {
  return count === 0 ? '' : `${count} ${count === 1 ? one : many}`
}

function joined(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1) ?? ''}`
}
