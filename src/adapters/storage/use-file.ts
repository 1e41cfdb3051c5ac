import type { Files, RandomAccessFile } from '../../ports/files.ts'

/** Opens the file at `path`, returns what `work` makes of it, and closes it in any case. */
export async function useFile<T>(
  files: Files,
  path: string,
  options: { readonly create: boolean },
  work: (file: RandomAccessFile) => Promise<T>,
): Promise<T> {
  const file = await files.open(path, options)
  try {
    return await work(file)
  } finally {
    await file.close()
  }
}
