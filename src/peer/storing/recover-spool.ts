import { HoardError } from '../../core/errors.ts'
import { RECORD_SEALED_BYTES } from '../../core/sizes.ts'
import { safeEnd } from './group-plans.ts'
import { commitContent, isWindow, type Content } from './content.ts'
import type { StoreTools } from '../groups/owner-tools.ts'

/**
 * Makes a file whose spool lost bytes go on behind the last whole record: the rest is sealed again from the page's file, or the person is
 * asked to drop it again. A stored file only loses the copy on this device.
 * @param damagedAt offset of sealed bytes that are there and wrong
 * @returns whether anything was missing
 */
export async function recoverSpool({ journal }: Pick<StoreTools, 'journal'>, file: Content, damagedAt = Infinity): Promise<boolean> {
  const { note, spool } = file
  if (note.sealedBytes === 0 || (note.isStored && !note.hasOutbox)) return false
  // A window lacks the front that enough people keep: it was freed.
  const from = isWindow(file) ? Math.min(safeEnd(file), note.sealedBytes) : 0
  const whole = Math.min(await spool.wholeUntil(from, note.sealedBytes), damagedAt)
  if (whole >= note.sealedBytes) return false
  const sealedBytes = Math.floor(whole / RECORD_SEALED_BYTES) * RECORD_SEALED_BYTES
  await commitContent(journal, file, (now) => (now.isStored ? { ...now, hasOutbox: false } : { ...now, sealedBytes }))
  return true
}

/** Returns the offset at which the spool is damaged according to `error`; undefined for any other error. */
export function damageOf(error: unknown): number | undefined {
  if (!(error instanceof HoardError) || error.code !== 'storage-damaged' || error.facts['object'] !== 'spool') return undefined
  return Number(error.facts['offset'])
}
