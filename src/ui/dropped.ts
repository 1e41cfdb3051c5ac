import type { DroppedFile } from '../peer/index.ts'

/** Files of a drop, and the number of those that could not be read. */
export interface Drop {
  readonly files: readonly DroppedFile[]
  readonly unreadable: number
}

/**
 * Collects the files of a drop, folders with everything below them.
 * Must be called while the drop event is being handled: the browser empties `transfer` afterwards.
 */
export async function filesOfDrop(transfer: DataTransfer): Promise<Drop> {
  const files: DroppedFile[] = []
  let unreadable = 0
  const entries: FileSystemEntry[] = []
  for (const item of transfer.items) {
    if (item.kind !== 'file') continue
    const entry = item.webkitGetAsEntry()
    if (entry !== null) entries.push(entry)
    else {
      const file = item.getAsFile()
      if (file !== null) files.push({ name: file.name, blob: file, path: '' })
    }
  }
  /** Opens the files of a batch at once, then goes into its folders one by one; browsers bound a batch below the top. */
  const visit = async (batch: readonly FileSystemEntry[], path: string): Promise<void> => {
    const opened = await Promise.allSettled(batch.filter(isFile).map(fileOf))
    for (const each of opened) {
      if (each.status === 'fulfilled') files.push({ name: each.value.name, blob: each.value, path })
      else unreadable++
    }
    for (const folder of batch.filter(isFolder)) {
      const inside = path === '' ? folder.name : `${path}/${folder.name}`
      try {
        for await (const children of batchesOf(folder)) await visit(children, inside)
      } catch {
        unreadable++
      }
    }
  }
  await visit(entries, '')
  return { files, unreadable }
}

/** Returns the files of a picker, with their folders if the picker gives them. */
export function filesOfPicker(list: Iterable<File>): readonly DroppedFile[] {
  return [...list].map((file) => ({ name: file.name, blob: file, path: folderOf(file.webkitRelativePath) }))
}

/** Returns the folder of a relative path: `a/b` of `a/b/c.txt`, '' at the top. */
export function folderOf(path: string): string {
  return path.split('/').slice(0, -1).join('/')
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile
}

function isFolder(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject))
}

/** Browsers hand a folder out in batches of at most 100; an empty batch is its end. */
async function* batchesOf(folder: FileSystemDirectoryEntry): AsyncGenerator<readonly FileSystemEntry[]> {
  const reader = folder.createReader()
  for (;;) {
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject))
    if (batch.length === 0) return
    yield batch
  }
}
