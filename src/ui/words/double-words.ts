import { sayCount } from './figures.ts'

/** The words of the question about files of a drop that are here already. */
export const doubleWords = {
  skip: 'Skip',
  addAgain: 'Add again',
} as const

/** Says that `count` files are here already. */
export function sayDoubles(count: number): string {
  return count === 1 ? 'This file is already here' : `${sayCount(count, 'file')} are already here`
}

/** Sums up the names that are not shown. */
export function sayMoreDoubles(count: number): string {
  return `and ${count} more`
}

/** Says why the page takes `count` files for files that are here. */
export function sayAlike(count: number): string {
  return `${count === 1 ? 'It has' : 'They have'} the same name, folder and size as before.`
}
