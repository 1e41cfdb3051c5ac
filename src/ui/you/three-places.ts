/** Returns three different places of `count` words, in ascending order, that look drawn at random: `seed` is any whole number, such as the time. */
export function threePlaces(count: number, seed: number): readonly number[] {
  const rest = Array.from({ length: count }, (_, at) => at)
  let state = seed >>> 0
  return [1, 2, 3]
    .flatMap(() => {
      // Numerical Recipes' generator; its upper bits are the good ones
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      return rest.splice((state >>> 8) % rest.length, 1)
    })
    .toSorted((a, b) => a - b)
}
