import { shardCountFor } from '../../core/descriptor.ts'
import { assert } from '../../core/errors.ts'
import { codeFor, placedTarget, type Policy } from '../../core/policy.ts'
import type { Swarm } from './swarm.ts'

/** Beacon periods within which somebody with room counts as a person of the row. */
const ROW_PERIODS = 24

/** Returns the code by the people who were there within 24 beacon periods, and by those who answer now. */
export function chooseCode({ people, timeline, setup }: Swarm): Swarm['code'] {
  const { policy } = setup
  const since = timeline.now() - ROW_PERIODS * policy.presence.beaconMs
  const withRoom = [...people].filter(({ kind }) => kind.offerBytes > 0)
  const lately = withRoom.filter(({ isHere, habits }) => isHere || (habits !== undefined && habits.lastSeenAt >= since))
  // With fewer people than the first row asks for, nothing would go out and there would be nothing to see.
  const { k, m, n, t } = codeFor(policy, lately.length, withRoom.filter(({ isHere }) => isHere).length) ?? firstRow(policy)
  return { k, m, n, t }
}

function firstRow(policy: Policy): Swarm['code'] {
  const [row] = policy.code
  assert(row !== undefined, 'a policy has a row')
  return { ...row, m: placedTarget(row.k, row.n), t: shardCountFor(row.n) }
}
