/**
 * Calls `work` for every item, at most `limit` at once, and resolves with the results, in the order of the items, when all are done.
 * After the first error it begins no further item, and throws the error once the running ones have ended.
 */
export async function mapLimited<Item, Result>(
  items: readonly Item[],
  limit: number,
  work: (item: Item, at: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  let next = 0
  let failure: { readonly error: unknown } | undefined
  const lane = async (): Promise<void> => {
    while (next < items.length && failure === undefined) {
      const at = next++
      try {
        results[at] = await work(items[at] as Item, at)
      } catch (error) {
        failure ??= { error }
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, lane))
  if (failure !== undefined) throw failure.error
  return results
}
