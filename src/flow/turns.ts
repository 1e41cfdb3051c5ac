/** Runs works of the same key one after the other, in the order of the calls; works of different keys overlap. */
export type Turns = <T>(key: string, work: () => Promise<T>) => Promise<T>

/** Returns turns in which nothing is under way. */
export function createTurns(): Turns {
  const last = new Map<string, Promise<unknown>>()
  return (key, work) => {
    const turn = (last.get(key) ?? Promise.resolve()).then(work, work)
    const settled = turn.then(
      () => undefined,
      () => undefined,
    )
    last.set(key, settled)
    void settled.then(() => {
      if (last.get(key) === settled) last.delete(key)
    })
    return turn
  }
}
