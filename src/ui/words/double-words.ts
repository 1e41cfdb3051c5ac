import { sayCount } from './figures.ts'

/** The words of the question about files of a drop whose names are there already. */
export const doubleWords = {
  version: 'New version',
  both: 'Keep both',
  skip: 'Skip',
} as const

/** Says that the names of `count` files are there already. */
export function sayDoubles(count: number): string {
  return count === 1 ? 'A file of this name is already here' : `${sayCount(count, 'file')} are already here by name`
}

/** Sums up the names that are not shown. */
export function sayMoreDoubles(count: number): string {
  return `and ${count} more`
}

/** Says what the answers do with `count` files. */
export function sayAnswers(count: number): string {
  return count === 1
    ? 'As a new version it takes the place of the file that is here, which stays among its versions.'
    : 'As new versions they take the place of the files that are here, which stay among their versions.'
}

/** Says that files were skipped, since they are here unchanged. */
export function saySkipped(count: number): { readonly what: string; readonly more: string } {
  return {
    what: `${sayCount(count, 'file')} skipped`,
    more: `${count === 1 ? 'It is' : 'They are'} here already, unchanged.`,
  }
}
