import { shownFolder, shownName } from '../core/file-name.ts'
import type { DroppedFile, FileView } from '../peer/index.ts'

/** Returns the row of a file that waits for the peer, the `number`-th of this page, dropped at `now` in Unix milliseconds. */
export function queuedRow(file: DroppedFile, number: number, now: number): FileView {
  return {
    id: `queued ${number}`,
    name: shownName(file.name),
    folder: shownFolder(file.path),
    type: file.blob.type,
    size: file.blob.size,
    addedAt: now,
    status: 'Storing',
    explanation: { is: 'sealing', percent: 0 },
    meter: { value: 0, max: 0, needed: 0, pieces: [] },
    health: noHealth,
    canShare: false,
    canDownload: false,
    hasLocalCopy: false,
    needsOriginal: true,
    isPaused: false,
  }
}

/** Tells whether a row still waits for the peer, and so has no actions yet. */
export function isQueued(file: FileView): boolean {
  return file.id.startsWith('queued ')
}

const noHealth: FileView['health'] = {
  here: 0,
  lately: 0,
  known: 0,
  people: 0,
  peopleHere: 0,
  margin: 0,
  knownMargin: 0,
  needed: 0,
  wanted: 0,
  steadiness: 'too low',
  isChecking: false,
}
