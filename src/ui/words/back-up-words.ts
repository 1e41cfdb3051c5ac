import type { FileView } from '../../peer/index.ts'
import { sayDate } from './figures.ts'

/** The words around having the recovery words somewhere else than on this device. */
export const backUpWords = {
  notBackedUp: 'Not backed up',
  isBackedUp: 'You have confirmed that you have these words.',
  ask: 'Your recovery words are only on this device.',
  askMore: 'Write them down or save them, then confirm three of them.',
  toWords: 'See recovery words',
  haveThem: 'I have them',
  threeOfThem: 'Type three of your words',
  confirm: 'Confirm',
  later: 'Not now',
  confirmed: 'Recovery words confirmed',
  keepThem: 'Keep them where you will find them again, and nobody else will.',
  manager: 'Password manager',
  managerSaves: 'A password manager can keep the words like a password.',
  userName: 'User name',
  user: 'Scatterhoard',
  password: 'Recovery words as a password',
  saveInManager: 'Save in password manager',
  letItSave: 'Let your browser save it if it asks',
  noOffer: 'Some password managers do not ask: then copy the words into yours.',
  howToRestore: 'How to restore',
  restoreSteps:
    'Open this address in any browser, choose “I have recovery words” and type them. Your list of files comes back from the people who keep it.',
  relays: 'Relays',
} as const

/** Tells whether people keep anything yet: only then is the person asked to save the words. */
export function isWorthBackingUp(files: readonly FileView[]): boolean {
  return files.some(({ status }) => status === 'Fragile' || status === 'Protected' || status === 'Strong' || status === 'Restoring')
}

/** Names the word at `place`, counted from 0. */
export function sayPlace(place: number): string {
  return `Word ${place + 1}`
}

/** Says which of the asked words are not right. */
export function sayWrongPlaces(places: readonly number[]): string {
  const numbers = places.map((place) => place + 1)
  const last = numbers.at(-1) ?? 0
  return numbers.length === 1 ? `Word ${last} is not right.` : `Words ${numbers.slice(0, -1).join(', ')} and ${last} are not right.`
}

/** Says when the words were printed or saved, and for which address. */
export function sayMadeOn(now: number, origin: string): string {
  return `${sayDate(now)}, ${origin}`
}
