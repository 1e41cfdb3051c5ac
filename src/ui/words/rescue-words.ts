import type { Sentences } from './words.ts'

/** The reason why this browser's catalog cannot be trusted. Source: core SPEC.md DSK. */
export type CatalogDamage = 'unreadable' | 'incomplete' | 'foreign'

/** The ways out when a start refused the catalog, attached to its error; after either the page starts again. */
export interface Rescue {
  readonly damage: CatalogDamage
  /** Goes on with the readable part of the catalog. */
  salvage(): Promise<void>
  /** Deletes everything that this browser keeps. */
  forget(): Promise<void>
}

const sentences: Readonly<Record<CatalogDamage, Sentences>> = {
  unreadable: {
    what: 'Your keys and your list of files cannot be read.',
    means: 'This browser keeps them twice, and both copies are damaged. Nothing was changed or deleted.',
    then: 'Close other tabs and programs that use this profile, then look again.',
  },
  incomplete: {
    what: 'Part of your list of files and pieces is missing.',
    means: 'This browser keeps it twice, and both copies are damaged in places. Nothing was changed or deleted.',
    then: 'If you have a copy of this browser profile, put it back before you go on.',
  },
  foreign: {
    what: 'The keys in this browser do not fit the pieces in it.',
    means: 'They belong to another device. Nothing was changed or deleted.',
    then: 'If you have a copy of this browser profile, put it back before you go on.',
  },
}

/** The words for the choices of a person whose catalog cannot be trusted. */
export const rescueWords = {
  title: 'Damaged data',
  loss: 'Your keys, your list of files and the pieces you keep for others are deleted from this browser. This cannot be undone.',
  forgetAll: 'Forget everything here',
  forgetting: 'Forgetting',
  keepIt: 'Keep it',
  lookAgain: 'Look again',
  goOn: 'Go on with what can be read',
  reading: 'Reading',
  forget: 'Forget this device',
} as const

/** Returns the three sentences for a catalog that cannot be trusted. */
export function sayDamage(damage: CatalogDamage): Sentences {
  return sentences[damage]
}
