import { codeFor, type FileCode } from '../../core/policy.ts'
import type { ExplanationView } from '../api/file-view.ts'
import type { Content } from './content.ts'
import type { StoreTools } from '../groups/owner-tools.ts'

/** Waits until enough people have room, then chooses the row of the policy's table; from then on it stays with the file. */
export async function decideCode(tools: StoreTools, file: Content, signal: AbortSignal): Promise<FileCode> {
  const { parts, people, changes } = tools
  for (;;) {
    // Also for a file that goes on: a piece half sent is waited for at its holder before anybody else is given it from the start.
    await people.settled(signal)
    if (file.code !== undefined) return file.code
    const row = codeFor(parts.policy, countPresent(tools))
    if (row !== undefined) return { k: row.k, m: row.m, n: row.n }
    if (file.activity.kind !== 'sealing') {
      file.activity.explanation = queued(tools)
      changes.tell()
    }
    await people.changes.next(signal)
  }
}

/** People with room who are here now. */
function countPresent({ people }: StoreTools): number {
  return people.withRoom().filter(({ isHere }) => isHere).length
}

/** Returns what a row says while there are too few people to choose a code. */
export function queued(tools: StoreTools): ExplanationView {
  return { is: 'queued', people: countPresent(tools), peopleNeeded: tools.parts.policy.code[0]?.holders ?? 0 }
}
