import type { Lognormal } from '../population.ts'

/** Random numbers that depend on a seed and the number of their stream alone. */
export interface Draws {
  /** Uniform in [0, 1). */
  next(): number
  /** Exponential with this mean. */
  exponential(mean: number): number
  /** Lognormal; `mean` is that of the drawn value itself. */
  lognormal(time: Lognormal): number
}

/** Returns the stream `stream` of random numbers of `seed`, both whole numbers. Source: Doty-Humphrey, PractRand, sfc32. */
export function createDraws(seed: number, stream: number): Draws {
  let [a, b, c, counter] = [seed | 0, Math.floor(seed / 2 ** 32) | 0, stream | 0, 1]
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return (sum >>> 0) / 2 ** 32
  }
  // Fewer rounds leave neighbouring streams alike.
  for (let round = 0; round < 15; round++) next()
  return {
    next,
    exponential: (mean) => -mean * Math.log(1 - next()),
    lognormal: ({ mean, sigma }) => {
      const normal = Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
      return mean * Math.exp(sigma * normal - (sigma * sigma) / 2)
    },
  }
}
