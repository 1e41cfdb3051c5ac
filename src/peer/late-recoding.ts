import { codeFor, isNarrow } from '../core/policy.ts'
import type { StoreTools } from './groups/owner-tools.ts'
import { uptimesOf } from './people/person.ts'
import type { recodeFiles } from './recoding/recode-files.ts'
import type { Recodable } from './recoding/recode-tools.ts'

/** The module that codes files anew. */
export interface LoadedRecoding {
  readonly recodeFiles: typeof recodeFiles
}

/** Longest time between two looks whether anything is to be coded anew, and its share of lostAfterMs where that is short. */
const [LOOK_EVERY_MS, LOOK_SHARE] = [3_600_000, 1 / 8]

/**
 * Codes the files of `own` anew once more people are there, with what `load` loads as soon as a file has few pieces for the people seen, or an
 * earlier run has begun; a load that fails is tried again by the next look. Runs until `signal` aborts. Core SPEC RCD.
 */
export async function recodeLate(
  tools: StoreTools,
  own: Recodable,
  load: () => Promise<LoadedRecoding>,
  signal: AbortSignal,
): Promise<never> {
  const { parts, people, changes } = tools
  const { clock, policy } = parts
  const isNeeded = (): boolean => {
    const today = codeFor(policy, uptimesOf(people.withRoom(), clock.now(), policy.presence.beaconMs))
    return own.contents().some(({ note, code, groups }) => {
      const isBegun = note.next !== undefined || groups.some(({ others }) => others.size > 0)
      return isBegun || note.takenFrom !== undefined || (note.isStored && code !== undefined && isNarrow(code, today))
    })
  }
  for (;;) {
    // A device that owns nothing does not wake for it.
    while (own.contents().length === 0) await changes.next(signal)
    // A script that does not come has no code: the host is away, or has a later version of the app.
    const loaded = isNeeded() ? await load().catch(() => undefined) : undefined
    await loaded?.recodeFiles(tools, own, signal)
    await clock.wait(Math.min(LOOK_EVERY_MS, policy.presence.lostAfterMs * LOOK_SHARE), { signal })
  }
}
