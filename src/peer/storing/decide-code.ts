import { codeFor, type FileCode } from '../../core/policy.ts'
import type { Content } from './content.ts'
import type { StoreTools } from '../groups/owner-tools.ts'

/** Waits until enough people have room, then chooses the row of the policy's table; from then on it stays with the file. */
export async function decideCode(tools: StoreTools, file: Content, signal: AbortSignal): Promise<FileCode> {
  const { parts, people, changes } = tools
  for (;;) {
    // Also for a file that goes on: a piece half sent is waited for at its holder before anybody else is given it from the start.
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
