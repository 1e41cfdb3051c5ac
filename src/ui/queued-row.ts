import { shownFolder, shownName } from '../core/file-name.ts'
import type { DroppedFile, FileView } from '../peer/index.ts'

/** The folder into which files are dropped: its id, and its path as rows show it. */
export interface DropPlace {
  readonly id: string
  readonly path: string
}

/**
 * Returns the row of a file that waits for the peer, the `number`-th of this page, dropped at `now` in Unix milliseconds. It stands in the
 * folder into which it was dropped, with the path that leads on from there.
 */
export function queuedRow(file: DroppedFile, number: number, now: number, into?: DropPlace): FileView {
  return {
    ...(into === undefined ? {} : { parent: into.id }),
    id: `queued ${number}`,
    name: shownName(file.name),
    folder: joined(into?.path, shownFolder(file.path)),
    type: file.blob.type,
    size: file.blob.size,
    addedAt: now,
    modifiedAt: now,
    versions: 1,
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

/** Returns the rows that still wait: the peer may show a file before it says that it has taken it, and each stands there once. */
export function stillQueued(queued: readonly FileView[], files: readonly FileView[]): readonly FileView[] {
  const places = new Set(queued.length > 0 ? files.map(placeOf) : [])
  return queued.filter((row) => !places.has(placeOf(row)))
}

/** Returns what makes two files the same to a person. Rows have names as they are shown, drops as they were given. SPEC FNM1, FNM3. */
function placeOf({ folder, name, size }: Pick<FileView, 'folder' | 'name' | 'size'>): string {
  return JSON.stringify([shownFolder(folder).normalize(), shownName(name).normalize(), size])
}

/** Returns the path of a folder `below` another one. */
export function joined(above: string | undefined, below: string): string {
  return [above ?? '', below].filter((part) => part !== '').join('/')
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
