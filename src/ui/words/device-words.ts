import type { DeviceView } from '../../peer/index.ts'
import { sayAge } from './figures.ts'

/** The words of the list of devices. */
export const deviceWords = {
  title: 'Devices',
  alone: 'Only this device has your files in its list. Your recovery words open the list in any other browser.',
  share: 'These devices share your list of files.',
  thisOne: 'this one',
  noChange: 'No change yet',
  copied:
    'This profile was copied, damaged, or restored from an earlier state. This device now counts as a new one, and its old entry may stand here beside it. What people keep for you is not touched.',
  waits: 'Your other devices no longer wait for it before the space of deleted files is freed.',
  canRead:
    'It can still read what it knows of your files. Only new recovery words would shut it out, and as soon as it changes something it is back in this list.',
  remove: 'Remove',
  keep: 'Keep it',
} as const

/** Says when a device last changed something, and what it runs on. */
export function sayDevice({ changedAt, engine }: DeviceView, now: number): string {
  const said = changedAt === undefined ? deviceWords.noChange : sayChange(now - changedAt)
  return engine === '' ? said : `${said}, ${engine.slice(0, 1).toUpperCase()}${engine.slice(1)}`
}

/** Names the button that removes a device. */
export function sayRemove(label: string): string {
  return `${deviceWords.remove} ${label}`
}

/** Asks whether a device is to be removed. */
export function askRemoval(label: string): string {
  return `${sayRemove(label)}?`
}

function sayChange(ms: number): string {
  const age = sayAge(ms)
  return age === '' ? 'Last change just now' : `Last change ${age} ago`
}
