/** The times of re-coding, in lostAfterMs. SPEC RCD. */
export const RECODING_LOSTS = {
  /** For how long the n of a file has to be small, how long the old layout is kept behind the new one, and how long nothing may move. */
  steady: 3.5,
  /** How often the people are counted. */
  look: 1 / 8,
  /** For how long a device tries after its start before it gives up. */
  leastTry: 1 / 4,
} as const

/** Whether the n of a file is small: since when, Unix milliseconds, and how many looks in a row of this run said that it is not. */
export interface Narrowness {
  readonly since: number | undefined
  readonly looksInVain: number
}

/** Looks in a row after which the n of a file is not small any more: one may come too soon after a start. SPEC RCD1. */
const LOOKS_IN_VAIN = 2

/** Returns what is known after a look at `now`, Unix milliseconds. A date ahead of `now` is of a clock that was set back. */
export function afterLook({ since, looksInVain }: Narrowness, found: 'narrow' | 'wide enough', now: number): Narrowness {
  if (found === 'narrow') return { since: Math.min(since ?? now, now), looksInVain: 0 }
  return looksInVain + 1 < LOOKS_IN_VAIN ? { since, looksInVain: looksInVain + 1 } : { since: undefined, looksInVain: 0 }
}

/** Tells whether the file is to be coded anew at `now`, after a look that found its n small. SPEC RCD1. */
export function isRecodingDue(since: number | undefined, now: number, lostAfterMs: number): boolean {
  return since !== undefined && now - since >= RECODING_LOSTS.steady * lostAfterMs
}

/**
 * Tells whether a re-coding is given up, which last got on at `movedAt`, Unix milliseconds, and has been tried for `triedMs` since the start of
 * this device.
 * Source: SPEC.md RCD6.
 */
export function isRecodingVain(movedAt: number, now: number, triedMs: number, lostAfterMs: number): boolean {
  return now - movedAt >= RECODING_LOSTS.steady * lostAfterMs && triedMs >= RECODING_LOSTS.leastTry * lostAfterMs
}
