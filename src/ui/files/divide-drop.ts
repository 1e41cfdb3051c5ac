import { shownFolder, shownName } from '../../core/file-name.ts'
import type { DroppedFile, FileView } from '../../peer/index.ts'
import { saySkipped } from '../words/double-words.ts'

/** The files of a drop, by what is here of them already. */
export interface DividedDrop<T> {
  readonly fresh: readonly T[]
  /** Those of a name that is there in the folder where they go: the person is asked about them. */
  readonly doubles: readonly T[]
  /** Says how many have name, size and time of modification of a file that is there: they are skipped. */
  readonly same: { readonly what: string; readonly more: string } | undefined
}

/** Divides a drop by the `files` that are there; `folderOf` returns the path of the folder into which each goes. */
export function divideDrop<T extends DroppedFile>(
  drop: readonly T[],
  files: readonly FileView[],
  folderOf: (file: T) => string = ({ path }) => path,
): DividedDrop<T> {
  const here = new Map(files.filter(isHere).map((file) => [placeOf(file.folder, file.name), file]))
  const fresh: T[] = []
  const doubles: T[] = []
  for (const file of drop) {
    const { blob } = file
    const other = here.get(placeOf(folderOf(file), file.name))
    if (other === undefined) fresh.push(file)
    else if (other.size !== blob.size || !(blob instanceof File) || blob.lastModified !== other.modifiedAt) doubles.push(file)
  }
  const skipped = drop.length - fresh.length - doubles.length
  return { fresh, doubles, same: skipped === 0 ? undefined : saySkipped(skipped) }
}

/** Rows have names as they are shown, drops as they were given. SPEC FNM1, FNM3. */
function placeOf(folder: string, name: string): string {
  return JSON.stringify([shownFolder(folder).normalize(), shownName(name).normalize()])
}

/** Tells whether a drop of the same name is a double: a file that has to be dropped again, or is in trouble or lost, has none. */
function isHere({ status, explanation }: FileView): boolean {
  return status !== 'Cannot be rebuilt' && explanation.is !== 'drop-again' && explanation.is !== 'trouble'
}
