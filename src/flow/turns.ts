/**
 * Runs works of the same key one after the other, in the order of the calls, whatever the outcome of those before; works of other keys
 * overlap.
 */
export type Turns<Key> = <T>(key: Key, work: () => Promise<T>) => Promise<T>

/** Runs works one after the other, in the order of the calls. */
export type Turn = <T>(work: () => Promise<T>) => Promise<T>

/** Returns turns with nothing under way. A work must not wait for another one of its own key. */
export function createTurns<Key>(): Turns<Key> {
  const last = new Map<Key, Promise<unknown>>()
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

/** Returns the turns of a single key. */
export function createTurn(): Turn {
  const turns = createTurns<undefined>()
  return (work) => turns(undefined, work)
}
