/** A speed as people notice it: the mean of the last seconds. */
export interface Rate {
  /** Adds `bytes` that arrived at `at`, in milliseconds. */
  add(bytes: number, at: number): void
  /** Bytes per second as of `at`; 0 when nothing arrived for a whole window. */
  perSecond(at: number): number
}

const windowMs = 5_000

/** Returns a rate over a sliding window of five seconds, in ten steps. */
export function createRate(): Rate {
  let steps: { readonly at: number; readonly bytes: number }[] = []
  return {
    add(bytes, at) {
      const last = steps.at(-1)
      if (last !== undefined && at - last.at < windowMs / 10) steps[steps.length - 1] = { at: last.at, bytes: last.bytes + bytes }
      else steps = [...steps.filter((step) => at - step.at < windowMs), { at, bytes }]
    },
    perSecond(at) {
      const recent = steps.filter((step) => at - step.at < windowMs)
      const bytes = recent.reduce((sum, step) => sum + step.bytes, 0)
      const since = recent[0]?.at ?? at
      return (bytes * 1000) / Math.max(at - since, 500)
    },
  }
}
