import { codeOf } from '../core/errors.ts'

/** Most tries: a worker that has died this often over the same bytes will not survive them. */
const TURNS = 3

/**
 * Resolves with the result of `work`, which it runs again when a worker died under it: the next call has a new worker. Bytes handed to a
 * worker are lost with it, so `work` must get its bytes anew each time.
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
