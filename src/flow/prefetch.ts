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
