/** Values by a text that names them. */
export interface Remembered<T> {
  get(name: string): T | undefined
  /** Puts a value in and returns it. */
  put(name: string, value: T): T
}

/** Returns a memory of at most `most` values; those not asked for lately make room. */
export function createRemembered<T>(most: number): Remembered<T> {
  // Two halves: once the young one is full, the old one goes. Moving a value on at every look would cost more than it finds.
  let [young, old] = [new Map<string, T>(), new Map<string, T>()]
  const put = (name: string, value: T): T => {
    if (2 * young.size >= most) [young, old] = [new Map(), young]
    young.set(name, value)
    return value
  }
  return {
    get(name) {
      const value = young.get(name)
      if (value !== undefined) return value
      const before = old.get(name)
      return before === undefined ? undefined : put(name, before)
    },
    put,
  }
}
