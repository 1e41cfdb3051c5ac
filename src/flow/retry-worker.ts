import { codeOf } from '../core/errors.ts'

/** A worker that dies this often over the same bytes will not survive them. */
const TURNS = 3

/**
 * Resolves with what `work` makes, and does it again when a worker died under it: the next call has a new one. What a call hands to a worker
 * is gone with it, so `work` gets its bytes anew each time.
 */
export async function retryWorker<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let turn = 1; ; turn++) {
    try {
      return await work()
    } catch (error) {
      if (codeOf(error) !== 'worker-died' || turn === TURNS) throw error
    }
  }
}
