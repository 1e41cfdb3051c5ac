import { defaultPolicy, type Policy } from '../core/policy.ts'
import type { World } from './world.ts'

/** Beacon periods after which uptimes are measured. Core SPEC PRS4. */
const NEW_PERIODS = 24

/** Returns `policy` with beacons every minute: 24 minutes after they met, people are known. */
export function quicklyKnown(policy: Policy = defaultPolicy): Policy {
  return { ...policy, presence: { ...policy.presence, beaconMs: 60_000 } }
}

/** Moves time on until everybody who is here is known for as long as they were here: what they keep may be relied upon. */
export async function getToKnow(world: World, { presence }: Policy): Promise<void> {
  await world.advance((NEW_PERIODS + 1) * presence.beaconMs)
}
