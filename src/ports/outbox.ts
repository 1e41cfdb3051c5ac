import type { Bytes } from '../core/bytes.ts'

/**
 * Sealed records of this device's own files, spooled until they are stored. Each spool has a short text as its name and is filled from the
 * front.
 * Every method throws HoardError 'storage-full' | 'storage-damaged' | 'storage-unavailable' | 'not-found'.
 */
export interface Outbox {
  /** Writes sealed bytes at `offset` of the spool `name`, creating it; durable when it resolves. */
  write(name: string, offset: number, bytes: Uint8Array): Promise<void>
  /** Returns `length` bytes from `offset`. They may lie in `spare`, a buffer of exactly that length. */
  read(name: string, offset: number, length: number, spare?: Bytes): Promise<Bytes>
  /** Frees the spool; no error when it is not here. */
  remove(name: string): Promise<void>
  list(): Promise<readonly { readonly name: string; readonly length: number }[]>
}
