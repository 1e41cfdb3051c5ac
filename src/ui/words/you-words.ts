import type { FileView, PeerSnapshot, StatusWord } from '../../peer/index.ts'
import { sayAge, sayAgo, sayCount } from './figures.ts'

/** The words of the You screen. */
export const youWords = {
  title: 'You',
  asOthers: 'Others see this name, this id and your network address while you exchange pieces, and nothing of your files.',
  leave: 'Leave this browser',
  removes: 'Removes your keys, your list of files and everything kept for others from this browser.',
  forget: 'Forget this device',
  words: 'Recovery words',
  master:
    'These twelve words are your master key: in any browser they bring back your list of files. Write them down and show them to nobody; nobody can recover them for you.',
  show: 'Show recovery words',
  hide: 'Hide recovery words',
  copied: 'Words copied',
  clear: 'Clear the clipboard once they are where you want them.',
  noCopy: 'This browser does not let the page copy',
  writeDown: 'Write the words down, or save them as a file.',
  inFile: 'Anyone who has these words can open your files.',
  restore: 'Restore from words',
  elsewhere: 'Your files are in another browser? Its recovery words bring the list here.',
  isForgetting: 'Forget this device?',
  linksStay:
    'Links you have shared keep working. Your other files stay with people until they expire, and only your recovery words bring them back.',
  forgetting: 'Forgetting',
  forgetAll: 'Forget everything here',
  keepIt: 'Keep it',
  cannotBeUndone: 'This cannot be undone.',
  yours: 'Your recovery words',
  save: 'Save as file',
  print: 'Print',
  copy: 'Copy',
  fileTitle: 'Scatterhoard recovery words',
  yourFiles: 'Your files',
  noFiles: 'No files yet.',
  thisDevice: 'This device',
  knownAs: 'Known to others as',
  id: 'Its id',
  version: 'Version',
  checking: 'Checking',
  thisBrowser: 'This browser',
  appearance: 'Appearance',
  themes: { system: 'System', light: 'Light', dark: 'Dark' },
} as const

const order: readonly StatusWord[] = [
  'Strong',
  'Protected',
  'Fragile',
  'Restoring',
  'Waiting for people',
  'Storing',
  'On this device only',
  'Cannot be rebuilt',
]
/** Spare pieces up to which a file counts as thin. */
const THIN = 1

/** Returns one line that counts files by their words, and one about those that people keep: their spare pieces, and how old the proof is. */
export function sayAllFiles(files: readonly FileView[], now: number): readonly string[] {
  if (files.length === 0) return [youWords.noFiles]
  const counts = order.flatMap((word) => {
    const count = files.filter(({ status }) => status === word).length
    return count === 0 ? [] : [`${count} ${word}`]
  })
  const kept = files.filter(({ health, status }) => health.people > 0 && status !== 'Storing' && status !== 'On this device only')
  const thin = kept.filter(({ health: { known, needed } }) => known - needed <= THIN).length
  const spare =
    thin === 0
      ? 'Each file that people keep has two or more pieces to spare'
      : `${sayCount(thin, 'file has', 'files have')} one piece to spare, or none`
  const oldest = Math.min(...kept.map(({ health: { provenAt = now } }) => provenAt))
  const age = sayAge(now - oldest) || 'minute'
  const said = kept.length === 0 ? [] : [`${spare}. Every piece was checked in the last ${age}.`]
  const only = new Set(files.map(({ status }) => status)).size === 1 ? files[0]?.status : undefined
  const all = files.length === 1 ? '' : 'all '
  return [only ? `${sayCount(files.length, 'file')}, ${all}${only}.` : `${sayCount(files.length, 'file')}: ${counts.join(', ')}.`, ...said]
}

/** Says what the person loses with this device, which knows `count` files. */
export function sayForgotten(count: number): string {
  return `Your keys and your list of ${sayCount(count, 'file')} are removed from this browser, and so are the pieces you keep for others. ${youWords.cannotBeUndone}`
}

/** Says that `count` files are lost with the device. */
export function sayLost(count: number): string {
  return `${sayCount(count, 'file is', 'files are')} still on this device only and will be gone.`
}

/** Says where the list of files is beside this device. */
export function sayList({ people, at, isBehind }: PeerSnapshot['list'], now: number): string {
  if (people === 0 || at === undefined) return 'Your list of files: on this device only.'
  const behind = isBehind ? ' The latest changes are on this device only.' : ''
  return `Your list of files: with ${people === 1 ? '1 person' : `${people} people`}, ${sayAgo(at, now)}.${behind}`
}
