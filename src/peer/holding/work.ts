import type { Clock } from '../../ports/clock.ts'
import { refused } from '../../protocol/refusal.ts'
import { codeOf } from '../../core/errors.ts'
import type { PeerId } from '../../core/ids.ts'

/** The work that peers cause here, counted in signature checks, the costliest thing that a message asks for. SPEC WRK. */
export interface Work {
  /**
   * Returns what `verify` returns, at the cost of one check for `peer`; a bad signature costs it `BAD_SIGNATURE_CHECKS` more.
   * @throws HoardError 'holder-refused' RATE | what `verify` throws
   */
  check<T>(peer: PeerId, verify: () => T): T
  /** Takes `checks` from the allowance of `peer`. Throws HoardError 'holder-refused' RATE when fewer are left. */
  spend(peer: PeerId, checks: number): void
  /** Gives `checks` back to `peer`: the news was worth them. */
  giveBack(peer: PeerId, checks: number): void
  /** Signatures checked since the start. */
  checks(): number
}

const HOUR_MS = 3_600_000
/** Checks that anybody may cause in an hour. SPEC WRK1. */
const CHECKS_AN_HOUR = 1_024
/** Further checks for each shard that the peer placed here: twice what storing, telling and renewing it take. SPEC WRK1. */
const CHECKS_A_SHARD = 64
/** Further cost of a bad signature, in checks. SPEC WRK2. */
const BAD_SIGNATURE_CHECKS = 64
/** Most peers whose work is remembered; the one seen longest ago is forgotten first, which no peer gains by: a new identity is as good. */
const PEERS_AT_MOST = 16_384

/**
 * Returns the account of work, empty at first. `shardsOf` returns how many shards of a peer are kept here.
 * Source: SPEC.md WRK; a leaky bucket.
 */
export function createWork(clock: Clock, shardsOf: (peer: PeerId) => number): Work {
  const causedByPeer = new Map<PeerId, { readonly checks: number; readonly at: number }>()
  let checks = 0

  const allowance = (peer: PeerId): number => CHECKS_AN_HOUR + CHECKS_A_SHARD * shardsOf(peer)

  /** Returns the checks of `peer` that are not forgiven yet: an hour forgives its whole allowance. */
  function causedBy(peer: PeerId): number {
    const caused = causedByPeer.get(peer)
    if (!caused) return 0
    const forgiven = (allowance(peer) * (clock.now() - caused.at)) / HOUR_MS
    return Math.max(0, caused.checks - Math.max(0, forgiven))
  }

  function note(peer: PeerId, caused: number): void {
    causedByPeer.delete(peer)
    if (caused <= 0) return
    causedByPeer.set(peer, { checks: caused, at: clock.now() })
    const [oldest] = causedByPeer.keys()
    if (causedByPeer.size > PEERS_AT_MOST && oldest !== undefined) causedByPeer.delete(oldest)
  }

  function spend(peer: PeerId, more: number): void {
    const caused = causedBy(peer)
    if (caused + more > allowance(peer)) throw refused('RATE')
    note(peer, caused + more)
  }

  return {
    check: (peer, verify) => {
      spend(peer, 1)
      checks++
      try {
        return verify()
      } catch (error) {
        if (codeOf(error) === 'signature-invalid') note(peer, causedBy(peer) + BAD_SIGNATURE_CHECKS)
        throw error
      }
    },
    spend,
    giveBack: (peer, less) => note(peer, causedBy(peer) - less),
    checks: () => checks,
  }
}
