import { ignoreKnownErrors } from '../core/errors.ts'
import type { careForFiles } from './care-for-files.ts'
import type { LoadedRecoding } from './late-recoding.ts'
import type { openHandOver } from './leaving/hand-over.ts'
import type { openRepairs } from './repairing/repairs.ts'

/** The module of the guardian. */
export interface LoadedGuardian {
  readonly openRepairs: typeof openRepairs
}

/** The module that hands over. */
export interface LoadedLeaving {
  readonly openHandOver: typeof openHandOver
}

/** The module that cares for the owner's files once they are stored. */
export interface LoadedCare {
  readonly careForFiles: typeof careForFiles
}

/** Loads the parts of a peer that are chunks of their own. */
export interface LateParts {
  readonly loadGuardian: () => Promise<LoadedGuardian>
  readonly loadLeaving: () => Promise<LoadedLeaving>
  readonly loadCare: () => Promise<LoadedCare>
  readonly loadRecoding: () => Promise<LoadedRecoding>
}

/** The parts as they are in this build. */
export const lateParts: LateParts = {
  loadGuardian: () => import('./repairing/repairs.ts'),
  loadLeaving: () => import('./leaving/hand-over.ts'),
  loadCare: () => import('./care-for-files.ts'),
  loadRecoding: () => import('./recoding/recode-files.ts'),
}

/** Waits before a part is loaded again, when that has failed: twice as long each time. */
const [FIRST_RETRY_MS, LAST_RETRY_MS] = [15_000, 3_600_000]

/**
 * Loads a part and opens it; again when that fails, once `pause` resolves, which is given the milliseconds to wait at most.
 * Throws what `pause` throws, and what `open` throws beside a HoardError.
 */
export async function openLate<Module, Part>(
  load: () => Promise<Module>,
  open: (loaded: Module) => Promise<Part>,
  pause: (ms: number) => Promise<unknown>,
): Promise<Part> {
  for (let retryMs = FIRST_RETRY_MS; ; retryMs = Math.min(2 * retryMs, LAST_RETRY_MS)) {
    // A script that does not come has no code: the host is away, or has a later version of the app.
    const loaded = await load().catch(() => undefined)
    const opened = loaded && (await open(loaded).catch(ignoreKnownErrors))
    if (opened) return opened
    await pause(retryMs)
  }
}
