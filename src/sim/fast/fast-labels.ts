import { hash } from 'node:crypto'
import type { Bytes } from '../../core/bytes.ts'
import { label } from '../../core/labels.ts'

export * from '../../core/labels.ts'

/** Stands in for core/labels.ts in the simulator, with the platform's SHA-256. The product never runs it. */

const labelByPurpose = new Map<string, Bytes>()

/** As in core/labels.ts. */
export function labelledHash(purpose: string, ...parts: readonly Uint8Array[]): Bytes {
  const first = labelByPurpose.get(purpose) ?? label(purpose)
  labelByPurpose.set(purpose, first)
  return new Uint8Array(hash('sha256', Buffer.concat([first, ...parts]), 'buffer'))
}
