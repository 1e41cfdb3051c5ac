import { hex, type Bytes } from '../../../core/bytes.ts'
import { MAX_CLAIM_BYTES, readClaim, type CheckedClaim } from '../../../core/claim.ts'
import { bytesUpTo, flag, objectFormat, optional, peerIdentity, uint } from '../../../core/encoding.ts'
import { brandPeerId, type GroupId, type PeerId } from '../../../core/ids.ts'

import type { Catalog, CatalogChange } from '../../../ports/catalog.ts'
import type { SentClaim } from '../../../protocol/group.ts'
import { createLedger, type Ledger } from './ledger.ts'
import { createRecent } from './recent.ts'
import { recordBytesOf } from './kept-shards.ts'

/** Ranks of a claim by its teller: hearsay, its own holder, a peer that placed something of the group here. Higher ranks stay longer. */
export const ranks = { hearsay: 1, holder: 2, placer: 3 } as const
/** One of `ranks`. */
export type Rank = (typeof ranks)[keyof typeof ranks]

/** The teller of a claim, and the best evidence there was for its holder so far. */
export interface Telling {
  readonly teller: PeerId
  readonly rank: Rank
  /** The teller placed something of the group: the claim is booked with what that peer placed. */
  readonly isPlacers: boolean
}

/** The counted facts of a kept claim. */
export interface CountedClaim {
  readonly recordBytes: number
  /** Absent for this device's own claim, and for claims kept by versions that did not note it. */
  readonly telling?: Telling
}

/** The newest claim of each holder of the groups of which something is kept. */
export interface KeptClaims {
  /** Holders with a claim, the one put longest ago first. */
  holders(groupId: GroupId): readonly PeerId[]
  /** Names of all groups with a claim: hexadecimal group ids. */
  groupNames(): Iterable<string>
  counted(groupId: GroupId, holder: PeerId): CountedClaim | undefined
  /** Bytes of all claims of the group. */
  bytesOf(groupId: GroupId): number
  /** Resolves with the newest claim of `holder`; undefined when there is none or the disk has spoilt it. */
  find(groupId: GroupId, holder: PeerId): Promise<CheckedClaim | undefined>
  /** Resolves with claims in order of their holders' ids, those after `after` and without that of `self`, until they exceed `bytes`. */
  page(groupId: GroupId, self: PeerId, after: PeerId | undefined, bytes: number): Promise<readonly SentClaim[]>
  changeFor(claim: CheckedClaim, telling?: Telling): CatalogChange
  /** Counts the claim from now on; its `change` is on disk already. */
  put(claim: CheckedClaim, change: CatalogChange, telling?: Telling): void
  /** Counts the claim as the one that was put last. */
  renew(groupId: GroupId, holder: PeerId): void
  changeWithout(groupId: GroupId, holder: PeerId): CatalogChange
  drop(groupId: GroupId, holder: PeerId): void
  /** Returns the changes that forget all claims of the group; they count until `dropGroup`. */
  changesWithout(name: string): readonly CatalogChange[]
  dropGroup(name: string): void
  /** Bytes of all claims in the catalog. */
  recordBytes(): number
  /** Bytes of claims told by peers that placed something of the group. SPEC ADM4. */
  readonly placed: Ledger
  /** Bytes of claims told by others. SPEC GRO7. */
  readonly told: Ledger
}

/** Most claims that stay in memory, 5 MiB of them at most. */
const CLAIMS_AT_HAND = 256

const keptFormat = objectFormat('kept-claim', MAX_CLAIM_BYTES + 128, {
  bytes: bytesUpTo(MAX_CLAIM_BYTES, 1),
  teller: optional(peerIdentity),
  rank: optional(uint(ranks.placer, ranks.hearsay)),
  isPlacers: optional(flag),
})

/** Resolves with the claims in `catalog`; those that cannot be read are deleted from it. Throws like `Catalog`. */
export async function openKeptClaims(catalog: Catalog): Promise<KeptClaims> {
  const claimsByGroup = new Map<string, Map<PeerId, CountedClaim>>()
  const atHand = createRecent<CheckedClaim>(CLAIMS_AT_HAND)
  const [placed, told] = [createLedger(), createLedger()]
  let recordBytes = 0

  function count({ recordBytes: bytes, telling }: CountedClaim, times: 1 | -1): void {
    recordBytes += times * bytes
    if (telling) (telling.isPlacers ? placed : told).book(telling.teller, times * bytes)
  }

  function put(name: string, holder: PeerId, claim: CountedClaim): void {
    drop(name, holder)
    claimsByGroup.set(name, (claimsByGroup.get(name) ?? new Map<PeerId, CountedClaim>()).set(holder, claim))
    count(claim, 1)
  }

  function drop(name: string, holder: PeerId): void {
    const ofGroup = claimsByGroup.get(name)
    const claim = ofGroup?.get(holder)
    if (!claim) return
    atHand.drop(`${name}/${holder}`)
    count(claim, -1)
    ofGroup?.delete(holder)
    if (ofGroup?.size === 0) claimsByGroup.delete(name)
  }

  async function find(groupId: GroupId, holder: PeerId): Promise<CheckedClaim | undefined> {
    const key = keyOf(groupId, holder)
    const known = atHand.get(key)
    if (known) return known
    const value = await catalog.get('claims', key)
    // Claims on this disk were checked before they were written: no signature is checked twice.
    const bytes = value && readKept(value)?.bytes
    const claim = bytes && orUndefined(() => ({ ...readClaim(bytes), bytes }))
    if (claim) atHand.put(key, claim)
    return claim
  }

  const unreadable: CatalogChange[] = []
  for (const { key, value } of await catalog.all('claims')) {
    const [name = '', text = ''] = key.split('/')
    const holder = orUndefined(() => brandPeerId(text))
    const kept = readKept(value)
    if (holder && kept) put(name, holder, { recordBytes: recordBytesOf({ key, value }), ...(kept.telling && { telling: kept.telling }) })
    else unreadable.push({ table: 'claims', key })
  }
  if (unreadable.length > 0) await catalog.commit(unreadable)

  const holders = (groupId: GroupId): readonly PeerId[] => [...(claimsByGroup.get(hex(groupId))?.keys() ?? [])]
  return {
    holders,
    groupNames: () => claimsByGroup.keys(),
    counted: (groupId, holder) => claimsByGroup.get(hex(groupId))?.get(holder),
    bytesOf: (groupId) => [...(claimsByGroup.get(hex(groupId))?.values() ?? [])].reduce((sum, claim) => sum + claim.recordBytes, 0),
    find,
    page: async (groupId, self, after, bytes) => {
      const sorted = holders(groupId)
        .filter((holder) => holder !== self)
        .toSorted()
      // If `after` is no longer a holder, the list begins anew.
      const from = after === undefined ? 0 : 1 + sorted.indexOf(after)
      const sent: SentClaim[] = []
      let left = bytes
      for (const holder of sorted.slice(from)) {
        if (left < 0) break
        const claim = await find(groupId, holder)
        if (claim) sent.push({ holder, bytes: claim.bytes })
        left -= claim?.bytes.length ?? 0
      }
      return sent
    },
    changeFor: ({ groupId, holder, bytes }, telling) => ({
      table: 'claims',
      key: keyOf(groupId, holder),
      value: keptFormat.encode({ bytes, ...telling }),
    }),
    put: (claim, change, telling) => {
      put(hex(claim.groupId), claim.holder, { recordBytes: recordBytesOf(change), ...(telling && { telling }) })
      atHand.put(keyOf(claim.groupId, claim.holder), claim)
    },
    renew: (groupId, holder) => {
      const claim = claimsByGroup.get(hex(groupId))?.get(holder)
      if (claim) put(hex(groupId), holder, claim)
    },
    changeWithout: (groupId, holder) => ({ table: 'claims', key: keyOf(groupId, holder) }),
    drop: (groupId, holder) => drop(hex(groupId), holder),
    changesWithout: (name) =>
      [...(claimsByGroup.get(name)?.keys() ?? [])].map((holder): CatalogChange => ({ table: 'claims', key: `${name}/${holder}` })),
    dropGroup: (name) => {
      for (const holder of [...(claimsByGroup.get(name)?.keys() ?? [])]) drop(name, holder)
    },
    recordBytes: () => recordBytes,
    placed,
    told,
  }
}

function keyOf(groupId: GroupId, holder: PeerId): string {
  return `${hex(groupId)}/${holder}`
}

/** Reads a kept claim; earlier versions kept its bytes alone. */
function readKept(value: Uint8Array): { readonly bytes: Bytes; readonly telling?: Telling } | undefined {
  const kept = orUndefined(() => keptFormat.decode(value))
  if (!kept) return orUndefined(() => readClaim(value)) && { bytes: new Uint8Array(value) }
  const { bytes, teller, rank, isPlacers = false } = kept
  const known = Object.values(ranks).find((each) => each === rank)
  return { bytes, ...(teller && known && { telling: { teller, rank: known, isPlacers } }) }
}

/** Damage on this disk is no error of the peer that asks: a record that cannot be read counts as absent. */
function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
