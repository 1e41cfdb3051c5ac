import { HoardError } from '../../core/errors.ts'
import type { StoreTools } from '../groups/owner-tools.ts'
import { commitContent, type Content } from './content.ts'
import { contentHealth, isInGoodHands } from './content-health.ts'

/**
 * Removes this device's own sealed copy of a content, for the file `name`; `halt` ends its run.
 * @throws HoardError 'too-few-shards' while it is not stored, or not in good hands; what the journal and the outbox throw
 * Source: core SPEC.md POL10.
 */
export async function freeCopy(tools: StoreTools, content: Content, name: string, halt: (content: Content) => void): Promise<void> {
  const { journal, parts, changes } = tools
  if (!content.note.isStored) throw new HoardError('too-few-shards', { object: 'file', name })
  const health = contentHealth(content, tools, parts.clock.now())
  const needed = content.code?.m ?? 0
  if (!isInGoodHands(health, needed)) {
    const { here, steadiness } = health
    throw new HoardError('too-few-shards', { object: 'copy', name, here, needed, steadiness })
  }
  await commitContent(journal, content, (note) => ({ ...note, hasOutbox: false }))
  halt(content)
  await content.spool.remove()
  await journal.dropDigests(content.id)
  changes.tell()
}
