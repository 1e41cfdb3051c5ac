/** Resolves as `promise` does; throws when that takes longer than `ms`, and tells in `words` where that bound comes from. */
export async function within<T>(ms: number, promise: Promise<T>, words?: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${(ms / 1000).toFixed(0)} s${words === undefined ? '' : `, ${words}`}`)), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Returns the first line of an error's message: what a figure says about an attempt that failed. */
export function firstLineOf(error: unknown): string {
  return error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
}
