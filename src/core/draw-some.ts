/**
 * Returns `count` different members of `list` in random order, or all of them when there are fewer.
 * @param draw returns a random number in [0, 1), another one at each call
 * Source: Fisher and Yates, for `count` steps.
 */
export function drawSome<T>(list: readonly T[], count: number, draw: () => number): readonly T[] {
  const left = [...list]
  const drawn: T[] = []
  while (drawn.length < count && left.length > 0) {
    const [one] = left.splice(Math.floor(draw() * left.length), 1)
    if (one !== undefined) drawn.push(one)
  }
  return drawn
}
