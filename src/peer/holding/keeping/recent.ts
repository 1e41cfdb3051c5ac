/** The values that were put last, by key. */
export interface Recent<T> {
  get(key: string): T | undefined
  put(key: string, value: T): void
  drop(key: string): void
}

/** Returns a memory of at most `atMost` values: the one put longest ago goes first. */
export function createRecent<T>(atMost: number): Recent<T> {
  const valueByKey = new Map<string, T>()
  return {
    get: (key) => valueByKey.get(key),
    put: (key, value) => {
      valueByKey.delete(key)
      valueByKey.set(key, value)
      const [oldest] = valueByKey.keys()
      if (valueByKey.size > atMost && oldest !== undefined) valueByKey.delete(oldest)
    },
    drop: (key) => void valueByKey.delete(key),
  }
}
