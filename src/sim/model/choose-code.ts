import { uptimeOf } from '../../core/healing/presence.ts'
import { codeFor, smallestCode } from '../../core/policy.ts'
import type { Swarm } from './swarm.ts'

/** Beacon periods within which somebody with room counts as a person of the row. */
const ROW_PERIODS = 24

/** Returns the code by the people who were there within 24 beacon periods and by their uptimes, and by those who answer now. */
export function chooseCode({ people, timeline, setup }: Swarm): Swarm['code'] {
  const { policy } = setup
  const { beaconMs } = policy.presence
  const now = timeline.now()
  const withRoom = [...people].filter(({ kind }) => kind.offerBytes > 0)
  const lately = withRoom.filter(
    ({ isHere, habits }) => isHere || (habits !== undefined && habits.lastSeenAt >= now - ROW_PERIODS * beaconMs),
  )
  const uptimes = lately.map(({ habits }) => uptimeOf(habits, now, beaconMs))
  // With fewer people than the first row asks for, nothing would go out and there would be nothing to see.
  return codeFor(policy, uptimes, withRoom.filter(({ isHere }) => isHere).length) ?? smallestCode(policy)
}
