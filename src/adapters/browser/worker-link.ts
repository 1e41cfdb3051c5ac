import { wrap, type Remote } from 'comlink'
import { HoardError } from '../../core/errors.ts'
import { carryHoardErrors } from './hoard-errors.ts'
import { watchWorkerLife } from './worker-life.ts'
import { trustedScriptUrl } from './worker-url.ts'

/** A worker behind Comlink, started when it is first needed, and again after it has died. */
export interface WorkerLink<T> {
  /**
   * Returns what `call` makes of the worker.
   * @throws HoardError 'worker-died' when the worker ends before it has answered; the next call starts another one
   */
  run<R>(call: (remote: Remote<T>) => Promise<R>): Promise<R>
  /** Number of calls under way. */
  busy(): number
  /** Ends the worker; calls under way and later ones throw 'worker-died'. */
  close(): void
}

interface Life<T> {
  readonly remote: Remote<T>
  readonly calls: Set<(error: HoardError) => void>
  readonly isWatched: Promise<void>
  end(): void
}

/**
 * Returns the link to a worker of the script at `url` (from `?worker&url`), whose code calls `holdWorkerLife`; `onStart` may call each new
 * worker first.
 */
export function createWorkerLink<T>(url: string, { onStart }: { readonly onStart?: (remote: Remote<T>) => void } = {}): WorkerLink<T> {
  carryHoardErrors()
  let life: Life<T> | undefined
  let isClosed = false

  function start(): Life<T> {
    const name = `scatterhoard/worker/${crypto.randomUUID()}`
    const worker = new Worker(trustedScriptUrl(url), { type: 'module', name })
    const calls = new Set<(error: HoardError) => void>()
    const watch = watchWorkerLife(worker, name, end)
    function end() {
      watch.stop()
      worker.terminate()
      if (life === started) life = undefined
      for (const fail of [...calls]) fail(new HoardError('worker-died'))
    }
    const started: Life<T> = { remote: wrap<T>(worker), calls, isWatched: watch.isWatched, end }
    onStart?.(started.remote)
    return started
  }

  return {
    run(call) {
      if (isClosed) return Promise.reject(new HoardError('worker-died', { reason: 'closed' }))
      const { remote, calls, isWatched } = (life ??= start())
      return new Promise((resolve, reject) => {
        calls.add(reject)
        // An answer counts only once the worker's end can be noticed: otherwise a later call could wait for ever.
        void Promise.all([call(remote), isWatched])
          .finally(() => calls.delete(reject))
          .then(([answer]) => resolve(answer), reject)
      })
    },
    busy: () => life?.calls.size ?? 0,
    close() {
      isClosed = true
      life?.end()
    },
  }
}
