import type { HandoverStep, HandoverView } from './api/peer.ts'
import { loadGuardian, type LoadedGuardian } from './late-guardian.ts'
import type { HandOver, LeavingAsked, openHandOver } from './leaving/hand-over.ts'

/** The module that hands over. */
export interface LoadedLeaving {
  readonly openHandOver: typeof openHandOver
}

/** Handing over as a peer sees it. */
export interface LateLeaving {
  /** Returns how it goes; undefined while nobody wishes it. */
  facts(): HandoverView | undefined
  /** Does as the person says. Throws what loading throws, and the catalog. */
  step(step: HandoverStep): Promise<void>
  /** Goes on with the wish of an earlier run, where there is one. */
  resume(signal: AbortSignal): Promise<void>
}

/** Waits before it is loaded again, when that has failed: twice as long each time. */
const [FIRST_RETRY_MS, LAST_RETRY_MS] = [15_000, 3_600_000]

/** Loads the parts of a peer that are chunks of their own. */
export interface LateParts {
  readonly loadGuardian: () => Promise<LoadedGuardian>
  readonly loadLeaving: () => Promise<LoadedLeaving>
}

/** The parts as they are in this build. */
export const lateParts: LateParts = { loadGuardian, loadLeaving: () => import('./leaving/hand-over.ts') }

/** Returns the handing over of this device, which `load` loads once somebody wishes it. */
export function createLateLeaving(asked: LeavingAsked, load: () => Promise<LoadedLeaving>, closing: AbortSignal): LateLeaving {
  const { clock, catalog } = asked.parts
  let opening: Promise<HandOver> | undefined
  let opened: HandOver | undefined

  const open = async (): Promise<HandOver> => {
    opening ??= load().then(async (module) => (opened = await module.openHandOver(asked, closing)))
    try {
      return await opening
    } catch (error) {
      opening = undefined
      throw error
    }
  }

  return {
    facts: () => opened?.facts(),
    step: async (step) => (await open()).step(step),
    async resume(signal) {
      if ((await catalog.get('self', 'leaving')) === undefined) return
      for (let retryMs = FIRST_RETRY_MS; ; retryMs = Math.min(2 * retryMs, LAST_RETRY_MS)) {
        // A script that does not come has no code: the host is away, or has a later version of the app.
        if (await open().catch(() => undefined)) return
        await clock.wait(retryMs, { signal })
      }
    },
  }
}
