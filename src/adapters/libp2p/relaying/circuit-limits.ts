/** An allowance that refills with time; a party that has spent it is refused. */
interface Purse {
  bytes: number
  circuits: number
  open: number
  at: number
}

/** Costs that circuits of one kind of party may cause. */
interface Allowance {
  /** Most bytes at once, and the number added per second. */
  readonly bytes: number
  readonly bytesPerSecond: number
  /** Most circuits at once, and the number added per second. */
  readonly circuits: number
  readonly circuitsPerSecond: number
  /** Most circuits that are open at the same time. */
  readonly open: number
}

/** Fewest bytes for a new circuit, about what one WebRTC dial takes: with less, it would only be cut in the middle. */
const DIAL_BYTES = 10_240
/** A peer that starts meets a hundred others at once, then one every five seconds. SPEC CIR1. */
const CALLER: Allowance = { bytes: 1_048_576, bytesPerSecond: 2_048, circuits: 128, circuitsPerSecond: 0.25, open: 64 }
/** A called peer did not choose its callers, and a network has many of them, so both have more. SPEC CIR1. */
const CALLED = times(CALLER, 8)
const NETWORK = times(CALLER, 8)
/** Most parties that are remembered; beyond that, the one longest without a circuit is forgotten. */
const MAX_PARTIES = 32_768

/** The ends of one circuit: the caller, the called peer, and the caller's network, which is the caller itself where it is not known. */
export interface CircuitEnds {
  readonly caller: string
  readonly called: string
  readonly network: string
}

/** Limits on the use of a relay by peers and networks: it introduces peers and does not carry their data. */
export interface CircuitLimits {
  /** Tells whether one more circuit between these ends may be opened now. */
  allows(ends: CircuitEnds): boolean
  /** Counts a circuit that opens. */
  open(ends: CircuitEnds): OpenCircuit
}

/** A circuit whose bytes are counted. */
export interface OpenCircuit {
  /** Counts bytes, either way; returns false when there were too many and the circuit has to end. */
  spend(bytes: number): boolean
  /** Calling it again changes nothing. */
  close(): void
}

/** Returns limits of which nothing is spent yet; `now` returns milliseconds of a clock that only rises. Source: SPEC.md CIR1. */
export function createCircuitLimits(now: () => number): CircuitLimits {
  const purses = new Map<string, Purse>()

  /** Returns the refilled purse of a party, which becomes the most recently used one. */
  function purseOf(party: string, allowance: Allowance): Purse {
    const at = now()
    const purse = purses.get(party) ?? { bytes: allowance.bytes, circuits: allowance.circuits, open: 0, at }
    const seconds = (at - purse.at) / 1_000
    purse.bytes = Math.min(allowance.bytes, purse.bytes + seconds * allowance.bytesPerSecond)
    purse.circuits = Math.min(allowance.circuits, purse.circuits + seconds * allowance.circuitsPerSecond)
    purse.at = at
    purses.delete(party)
    purses.set(party, purse)
    if (purses.size > MAX_PARTIES) forgetOldest()
    return purse
  }

  function forgetOldest(): void {
    for (const [party, { open }] of purses) {
      if (open > 0) continue
      purses.delete(party)
      return
    }
  }

  function pursesOf({ caller, called, network }: CircuitEnds): readonly (readonly [Purse, Allowance])[] {
    return [
      [purseOf(`caller ${caller}`, CALLER), CALLER],
      [purseOf(`called ${called}`, CALLED), CALLED],
      ...(network === caller ? [] : ([[purseOf(`network ${network}`, NETWORK), NETWORK]] as const)),
    ]
  }

  return {
    allows: (ends) =>
      pursesOf(ends).every(([{ bytes, circuits, open }, allowance]) => bytes >= DIAL_BYTES && circuits >= 1 && open < allowance.open),
    open(ends) {
      for (const [purse] of pursesOf(ends)) {
        purse.circuits--
        purse.open++
      }
      let isOpen = true
      return {
        spend(bytes) {
          const all = pursesOf(ends)
          for (const [purse] of all) purse.bytes -= bytes
          return all.every(([purse]) => purse.bytes > 0)
        },
        close() {
          if (!isOpen) return
          isOpen = false
          for (const [purse] of pursesOf(ends)) purse.open--
        },
      }
    },
  }
}

function times(allowance: Allowance, factor: number): Allowance {
  const { bytes, bytesPerSecond, circuits, circuitsPerSecond, open } = allowance
  return {
    bytes: factor * bytes,
    bytesPerSecond: factor * bytesPerSecond,
    circuits: factor * circuits,
    circuitsPerSecond: factor * circuitsPerSecond,
    open: Math.min(256, factor * open),
  }
}
