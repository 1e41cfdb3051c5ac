import { refusalOf } from '../../protocol/refusal.ts'
import type { Clock } from '../../ports/clock.ts'
import type { PeerId } from '../../core/ids.ts'
import type { Person } from '../people/person.ts'

/** People who had no room for a repaired piece a while ago. */
export interface Refusers {
  /** Notes that `person` refused a piece of `bytes` with `error`, where that says that it has no room. */
  note(person: Person, bytes: number, error: unknown): void
  /** Tells whether `person` may take a piece of `bytes`: it has not refused as small a one since it last said what it lends. */
  mayTake(person: Person, bytes: number): boolean
}

interface Refused {
  readonly until: number
  /** How often in a row it has refused before. */
  readonly times: number
  readonly bytes: number
  readonly hello: Person['hello']
}

/** Returns nobody. A refusal is believed for `restMs`, and for twice as long each time in a row, at most `mostMs`. Source: core SPEC.md RPR9. */
export function createRefusers(clock: Pick<Clock, 'ran'>, restMs: number, mostMs: number): Refusers {
  const refusalByPeer = new Map<PeerId, Refused>()
  return {
    note({ peer, hello }, bytes, error) {
      const refusal = refusalOf(error)
      if (refusal !== 'FULL' && refusal !== 'QUOTA') return
      for (const [each, { until }] of refusalByPeer) if (until + mostMs <= clock.ran()) refusalByPeer.delete(each)
      const before = refusalByPeer.get(peer)
      const times = before === undefined || before.hello !== hello ? 0 : before.times + 1
      refusalByPeer.set(peer, { until: clock.ran() + Math.min(mostMs, restMs * 2 ** times), times, bytes, hello })
    },
    mayTake({ peer, hello }, bytes) {
      const refusal = refusalByPeer.get(peer)
      return refusal === undefined || refusal.until <= clock.ran() || bytes < refusal.bytes || hello !== refusal.hello
    },
  }
}
