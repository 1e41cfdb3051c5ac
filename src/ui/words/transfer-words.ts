import { sayCount } from './figures.ts'

/** The words of the tray of transfers. */
export const transferWords = {
  title: 'Transfers',
  allDone: 'All done',
  paused: 'Paused',
  encrypting: 'Encrypting',
  storing: 'Storing',
  fetching: 'Fetching',
  opening: 'Looking for its pieces',
  browser: 'Getting this browser ready to save it',
  done: 'Saved by this browser',
  cancelled: 'Cancelled',
  failed: 'Failed',
  limits: { line: 'Your connection is the limit', holders: 'The people who keep it send slowly' },
} as const

/** The words for the direction of a transfer. */
export type Verb = (typeof transferWords)['storing' | 'fetching']

/** Says how many transfers go on. */
export function sayUnderWay(count: number): string {
  return `${count} under way`
}

/** Names small files that are stored together. */
export function saySmallFiles(count: number): string {
  return sayCount(count, 'small file')
}

/** Names the bar of a transfer. */
export function sayTransfer(verb: Verb, name: string): string {
  return `${verb} ${name}`
}

/** Names of the buttons of a transfer. */
export const sayTransferDeed = {
  pause: (verb: Verb, name: string) => `Pause ${verb.toLowerCase()} ${name}`,
  resume: (verb: Verb, name: string) => `Resume ${verb.toLowerCase()} ${name}`,
  cancel: (verb: Verb, name: string) => `Cancel ${verb.toLowerCase()} ${name}`,
  clear: (name: string) => `Clear ${name}`,
} as const
