/** Work that makes something of `bytes`, begun when it is called. */
export interface Work<Made> {
  readonly bytes: number
  begin(): Promise<Made>
}

/**
 * Yields what `works` make, in their order. One is used by the caller while others are being made: two at least, and as many as together have
 * less than `aheadBytes`. An error is thrown when its turn comes; work begun behind it is left to end by itself.
 */
export async function* prefetchWorks<Made>(
  works: AsyncIterable<Work<Made>> | Iterable<Work<Made>>,
  aheadBytes: number,
): AsyncGenerator<Made> {
  const iterator = inTurn(works)
  const begun: { readonly bytes: number; readonly made: Promise<Made> }[] = []
  let isOver = false
  let wake = (): void => undefined
  let filling: Promise<void> | undefined
  const fits = (): boolean => begun.length < LEAST_AHEAD || begun.reduce((sum, { bytes }) => sum + bytes, 0) < aheadBytes
  const fill = async (): Promise<void> => {
    while (!isOver && fits()) {
      const next = await iterator.next().catch((error: unknown) => ({ done: false as const, value: failed<Made>(error) }))
      if (next.done === true) isOver = true
      else {
        const made = next.value.begin()
        made.catch(() => undefined)
        begun.push({ bytes: next.value.bytes, made })
      }
      wake()
    }
  }
  try {
    for (;;) {
      filling ??= fill().finally(() => (filling = undefined))
      while (begun.length === 0 && !isOver) await new Promise<void>((resolve) => (wake = resolve))
      const first = begun.shift()
      if (first === undefined) return
      yield await first.made
    }
  } finally {
    isOver = true
    iterator.return(undefined).catch(() => undefined)
  }
}

const LEAST_AHEAD = 2

async function* inTurn<Made>(works: AsyncIterable<Work<Made>> | Iterable<Work<Made>>): AsyncGenerator<Work<Made>> {
  yield* works
}

/** Where finding the next work fails, that is what its turn throws. */
function failed<Made>(error: unknown): Work<Made> {
  return { bytes: 0, begin: () => Promise.reject(error) }
}
/**
 * Yields what `make` makes of 0, 1 .. `count` - 1, in that order, with `width` of them under way: the caller works on one while the next
 * are being made. An error is thrown when its turn comes; later ones that have begun end by themselves.
 */
export async function* prefetch<Made>(count: number, width: number, make: (at: number) => Promise<Made>): AsyncGenerator<Made> {
  const begun: Promise<Made>[] = []
  for (let at = 0; at < count; at++) {
    for (let next = at + begun.length; next < count && begun.length < width; next++) {
      const made = make(next)
      made.catch(() => undefined)
      begun.push(made)
    }
    yield (await begun.shift()) as Made
  }
}
