import type { Bytes } from '../core/bytes.ts'

/** Unpredictable bytes; a simulator passes a seeded source. */
export interface Random {
  /** Returns `length` fresh bytes. */
  bytes(length: number): Bytes
}
