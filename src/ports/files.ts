import type { Bytes } from '../core/bytes.ts'

/**
 * One open file. Every method throws HoardError 'storage-full' | 'storage-damaged' | 'storage-unavailable', and 'not-found' when the
 * file was removed meanwhile.
 */
export interface RandomAccessFile {
  /**
   * Returns up to `length` bytes from `offset`: fewer only where the file ends. They may lie in `spare`, a buffer of exactly that length.
   */
  read(offset: number, length: number, spare?: Bytes): Promise<Bytes>
  /** Writes all `bytes` at `offset`; a gap before them reads as zeros. When it throws, any part of them may be there. */
  write(offset: number, bytes: Uint8Array): Promise<void>
  length(): Promise<number>
  /** Cuts the file, or extends it with zeros, to `length` bytes. */
  truncate(length: number): Promise<void>
  /** Resolves once everything written so far survives loss of power. */
  flush(): Promise<void>
  /** Ends this use of the file. Never throws. */
  close(): Promise<void>
}

/**
 * Files of this device under paths `directory/name`, both of `[a-z0-9.-]`, at most 200 characters each.
 * The stores of shards, records and spools are written once, over this port.
 */
export interface Files {
  /**
   * Opens the file at `path`, making it when `create` is set. Throws 'not-found' when it is not set and there is no file, and what files
   * throw.
   */
  open(path: string, options: { readonly create: boolean }): Promise<RandomAccessFile>
  /** Removes the file at `path`; no error when it is not there. */
  remove(path: string): Promise<void>
  /** Returns the names of the files in `directory`, in any order; empty when there is no such directory. */
  list(directory: string): Promise<readonly string[]>
  /** Removes everything these files ever kept. */
  removeAll(): Promise<void>
}
