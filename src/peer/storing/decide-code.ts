import { codeFor, type FileCode } from '../../core/policy.ts'
import type { Content } from './content.ts'
import type { StoreTools } from '../groups/owner-tools.ts'

/** Resolves with the code of a file: its own, else the row of the policy's table for the people present, once enough of them have room. */
export async function decideCode(tools: StoreTools, file: Content, signal: AbortSignal): Promise<FileCode> {
  const { parts, people, changes } = tools
  for (;;) {
    // A file that has a code waits here too: the holder of a half-sent piece may come back before somebody else is sent all of it.
    await people.settled(signal)
    if (file.code !== undefined) return file.code
    const row = codeFor(parts.policy, people.present())
    if (row !== undefined) return { k: row.k, m: row.m, n: row.n }
    if (file.activity.kind !== 'sealing') {
      file.activity.kind = 'queued'
      changes.tell()
    }
    await people.changes.next(signal)
  }
}
