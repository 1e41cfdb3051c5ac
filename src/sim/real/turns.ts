import type { Coder } from '../../ports/coder.ts'

/** The order in which everything in a run goes on while no time passes; it depends on nothing outside the run. */
export interface Turns {
  /** Resolves after everything that is ready has run. */
  next(): Promise<void>
  /**
   * Returns a coder whose answers come in the order of the calls, once nothing else can go on. So it makes no difference whether they take
   * a thread and some milliseconds, or nothing at all.
   */
  inOrder(coder: Coder): Coder
  /** Resolves once nothing can go on before time does. */
  settle(): Promise<void>
}

/** Turns of the event loop that are asked for at once. */
const AT_ONCE = 64

/** Returns turns that nobody waits for. */
export function createTurns(): Turns {
  const nextTurn = createMicrotaskTurns()
  let waiting: (() => void)[] = []
  let answers: Promise<() => void>[] = []

  const ordered = <T>(work: Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      const answer = work.then(
        (value) => () => resolve(value),
        (error: unknown) => () => reject(error as Error),
      )
      answers.push(answer)
    })

  return {
    next: () => new Promise((resolve) => waiting.push(resolve)),
    inOrder: (coder) => ({
      ...coder,
      seal: (...args) => ordered(coder.seal(...args)),
      open: (...args) => ordered(coder.open(...args)),
      encode: (...args) => ordered(coder.encode(...args)),
      digestStripe: (...args) => ordered(coder.digestStripe(...args)),
      decode: (...args) => ordered(coder.decode(...args)),
      digestLeaves: (...args) => ordered(coder.digestLeaves(...args)),
    }),
    async settle() {
      for (;;) {
        await nextTurn()
        if (waiting.length > 0) {
          const ready = waiting
          waiting = []
          for (const goOn of ready) goOn()
        } else if (answers.length > 0) {
          const asked = answers
          answers = []
          for (const answer of await Promise.all(asked)) answer()
        } else return
      }
    },
  }
}

/**
 * Returns a function that resolves after all promise reactions that are ready. They run between any two immediates; one round of the event
 * loop for each of these takes ten times as long as one for many.
 */
function createMicrotaskTurns(): () => Promise<void> {
  const waiting: (() => void)[] = []
  let planned = 0
  const fire = (): void => {
    planned--
    waiting.shift()?.()
  }
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve)
      if (planned >= waiting.length) return
      for (; planned < AT_ONCE; planned++) setImmediate(fire)
    })
}
