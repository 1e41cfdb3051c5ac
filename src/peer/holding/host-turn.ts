/** Runs works one after the other, in the order of the calls. */
export type Turn = <T>(work: () => Promise<T>) => Promise<T>

/** Returns a turn in which nothing is under way. Works must not wait for a turn of their own. */
export function createTurn(): Turn {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const turn = last.then(work)
    last = turn.catch(() => undefined)
    return turn
  }
}
