import type { Clock } from '../../ports/clock.ts'
import { refused } from '../../protocol/refusal.ts'
import { codeOf } from '../../core/errors.ts'
import type { PeerId } from '../../core/ids.ts'

/** What others make this device compute: counted in signature checks, the dearest thing that a message asks for. SPEC WRK. */
export interface Work {
  /**
   * Returns what `verify` returns, at the cost of one check for `peer`; one that finds a bad signature costs it many.
   * @throws HoardError 'holder-refused' RATE | what `verify` throws
   */
  check<T>(peer: PeerId, verify: () => T): T
  /** Takes `checks` from what `peer` may cause. Throws HoardError 'holder-refused' RATE when it has not got so many left. */
  spend(peer: PeerId, checks: number): void
  /** What the check led to was worth it: it costs nothing after all. */
  giveBack(peer: PeerId, checks: number): void
  /** Signatures checked since the start. */
  checks(): number
}

const HOUR_MS = 3_600_000
/** Checks that anybody may cause in an hour. SPEC WRK1. */
const CHECKS_AN_HOUR = 1_024
/** Checks more for each shard that the peer placed here: twice what storing, telling and renewing it take. SPEC WRK1. */
const CHECKS_A_SHARD = 64
/** What a bad signature costs, in checks. SPEC WRK2. */
const BAD_SIGNATURE_CHECKS = 64
/** Peers remembered; of those who came longest ago the work is forgotten, since it takes them a new identity to be so many. */
const PEERS_AT_MOST = 16_384

/** Returns the book of work over `shardsOf`, how many shards of a peer are kept here. Nobody has caused any yet. Source: SPEC.md WRK; a leaky bucket. */
export function createWork(clock: Clock, shardsOf: (peer: PeerId) => number): Work {
  const causedByPeer = new Map<PeerId, { readonly checks: number; readonly at: number }>()
  let checks = 0

  const allowance = (peer: PeerId): number => CHECKS_AN_HOUR + CHECKS_A_SHARD * shardsOf(peer)

  /** Checks caused that are not forgiven yet: an hour forgives all that a peer may cause. */
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
