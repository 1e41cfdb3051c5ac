import { fromHex, type Bytes } from '../../../core/bytes.ts'
import { nextSeq } from '../../../core/charter.ts'
import { claimMessage, encodeClaim, skimClaim } from '../../../core/claim.ts'
import { brandBytes, type GroupId, type PeerId } from '../../../core/ids.ts'
import { mapLimited } from '../../../flow/map-limited.ts'
import type { Clock } from '../../../ports/clock.ts'
import type { Network } from '../../../ports/network.ts'
import type { Signer } from '../../../ports/signer.ts'
import { tell } from '../../../protocol/group.ts'
import type { ComparedGroups } from '../../roll/compared-groups.ts'
import type { Roll } from '../../roll/roll.ts'

/** What this device keeps, and with whom. */
export interface LeftGroups {
  kept(): readonly { readonly groupId: string }[]
  roll(groupId: GroupId): Pick<Roll, 'holders'>
  /** Returns the devices that placed what is kept of a group. */
  placers(groupId: GroupId): readonly PeerId[]
  readonly compared: Pick<ComparedGroups, 'claim'>
}

/** The ports that a farewell takes. `now` returns the time for papers, Unix milliseconds. */
export interface FarewellParts {
  readonly network: Network
  readonly clock: Clock
  readonly signer: Signer
  readonly now: () => number
}

/** The whole takes no longer than both together. A signature takes some milliseconds in a page. */
const [SIGN_MS, TELL_MS] = [1_000, 1_000]
const TELL_AT_ONCE = 16
/** Claims in one message: more do not fit. */
const CLAIMS_AT_ONCE = 200

/**
 * Tells the `near` people who keep pieces of the same groups, and those who placed pieces here, by claims without rows that this device keeps
 * nothing any more. Resolves after two seconds at most, whoever was told by then. Never throws.
 * Source: protocol SPEC.md KEE6.
 */
export async function leaveGroups(
  { network, clock, signer, now }: FarewellParts,
  left: LeftGroups,
  near: readonly PeerId[],
): Promise<void> {
  const closing = new AbortController()
  const { signal } = closing
  const farewells = [...(await signFarewells(clock, signer, now, left, new Set(near)))]
  const tellAll = async ([peer, claims]: readonly [PeerId, readonly Bytes[]]): Promise<void> => {
    for (let from = 0; from < claims.length; from += CLAIMS_AT_ONCE) {
      await tell(network, clock, peer, { claims: claims.slice(from, from + CLAIMS_AT_ONCE) }, { signal })
    }
  }
  // A peer that refuses or is gone learns of it from the others, or by silence.
  const telling = mapLimited(farewells, TELL_AT_ONCE, (farewell) => tellAll(farewell).catch(() => undefined))
  await Promise.race([telling, clock.wait(TELL_MS)])
  closing.abort(new Error('the device is forgotten'))
}

/** Returns the claims without rows to tell each of `near`, of as many groups as can be signed in time. */
async function signFarewells(
  clock: Clock,
  signer: Signer,
  now: () => number,
  { kept, roll, placers, compared }: LeftGroups,
  near: ReadonlySet<PeerId>,
): Promise<ReadonlyMap<PeerId, readonly Bytes[]>> {
  const claimsByPeer = new Map<PeerId, Bytes[]>()
  const holder = signer.peerId
  const startedRan = clock.ran()
  for (const name of new Set(kept().map(({ groupId }) => groupId))) {
    if (clock.ran() - startedRan >= SIGN_MS) break
    const groupId = brandBytes<GroupId>(fromHex(name))
    const partners = [...new Set([...roll(groupId).holders(), ...placers(groupId)])].filter((peer) => peer !== holder && near.has(peer))
    if (partners.length === 0) continue
    const last = await compared.claim(groupId, holder)
    const at = now()
    const fields = { groupId, holder, seq: nextSeq(last && skimClaim(last)?.seq, at), rows: [], at }
    const claim = encodeClaim(fields, await signer.sign(claimMessage(fields)))
    for (const peer of partners) {
      const claims = claimsByPeer.get(peer)
      if (claims === undefined) claimsByPeer.set(peer, [claim])
      else claims.push(claim)
    }
  }
  return claimsByPeer
}
