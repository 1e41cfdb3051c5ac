import { codeFor, type FileCode } from '../../core/policy.ts'
import type { Content } from './content.ts'
import type { StoreTools } from '../groups/owner-tools.ts'
import { uptimesOf } from '../people/person.ts'

const LOOK_AGAIN_MS = 15_000

/** Resolves with the code of a file: its own, else the row of the policy's table for the people there, once enough of them have room. */
export async function decideCode(tools: StoreTools, file: Content, signal: AbortSignal): Promise<FileCode> {
  const { parts, people, changes } = tools
  for (;;) {
    // A file that has a code waits here too: the holder of a half-sent piece may come back before somebody else is sent all of it.
    await people.settled(signal)
    if (file.code !== undefined) return file.code
    const row = await rowForPeople(tools, signal)
    if (row !== undefined) return { k: row.k, m: row.m, n: row.n }
    if (file.activity.kind !== 'sealing') {
      file.activity.kind = 'queued'
      changes.tell()
    }
    const stopSeeking = people.seek()
    try {
      await people.changes.nextWithin(parts.clock, LOOK_AGAIN_MS, signal)
    } finally {
      stopSeeking()
    }
  }
}

/**
 * Returns the row for the people who have room and were here within 24 beacon periods, of whom n answer now; a smaller one while fewer do, or
 * while they are not steady enough.
 */
export async function rowForPeople({ parts, people }: StoreTools, signal: AbortSignal): Promise<ReturnType<typeof codeFor>> {
  const { clock, policy } = parts
  const uptimes = (): readonly number[] => uptimesOf(people.withRoom(), clock.now(), policy.presence.beaconMs)
  await people.survey(
    policy.code.map(({ holders }) => holders),
    signal,
  )
  const counted = codeFor(policy, uptimes())
  if (counted === undefined) return undefined
  const answering = await people.gather(counted.n, signal)
  return codeFor(policy, uptimes(), answering)
}
