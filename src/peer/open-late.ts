import { ignoreKnownErrors } from '../core/errors.ts'

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
