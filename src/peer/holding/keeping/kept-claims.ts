import { fromHex, hex, type Bytes } from '../../../core/bytes.ts'
import { type ClaimRow, readClaim, skimClaim, type CheckedClaim } from '../../../core/claim.ts'
import { brandBytes, brandPeerId, type GroupId, type PeerId, type SegmentId } from '../../../core/ids.ts'
import { isOfLaterVersion } from '../../../core/labels.ts'
import type { Catalog, CatalogChange } from '../../../ports/catalog.ts'
import type { SentClaim } from '../../../protocol/group.ts'
import type { Look, Roll, RollHolder, Telling } from '../../roll/roll.ts'
import { createRolls } from '../../roll/rolls.ts'
import { createKeptClaimReader, encodeKeptClaim, readKeptClaim, type KeptClaim, type RowFacts } from './kept-claim-record.ts'
import { createLedger, type Ledger } from './ledger.ts'
import { createRecent } from './recent.ts'
import { recordBytesOf } from './kept-shards.ts'

/** When this device took a claim, Unix milliseconds, and from whom; without a teller it is its own. */
export interface Taking {
  readonly takenAt: number
  readonly telling?: Telling
}

/** The newest claim of each holder of the groups of which something is kept: encoded on disk, its facts in a roll. */
export interface KeptClaims {
  /** Returns the roll of a group. Of the claims of others it has the rows about segments of which this device keeps a piece. */
  roll(groupId: GroupId): Roll
  /** Returns the holders with a claim, the one put longest ago first. */
  holders(groupId: GroupId): readonly PeerId[]
  /** Returns another number after each change of a holder, its seq or its rows in any group. */
  version(): number
  /** Returns all groups with a claim. */
  groups(): readonly GroupId[]
  /** Names of all groups with a claim: hexadecimal group ids. */
  groupNames(): Iterable<string>
  /** Resolves with the newest claim of `holder`; undefined when there is none or the disk has spoilt it. */
  find(groupId: GroupId, holder: PeerId): Promise<CheckedClaim | undefined>
  /** Resolves with claims in order of their holders' ids, those after `after` and without that of `self`, until they exceed `bytes`. */
  page(groupId: GroupId, self: PeerId, after: PeerId | undefined, bytes: number): Promise<readonly SentClaim[]>
  changeFor(claim: CheckedClaim, taking: Taking): CatalogChange
  /** Counts the claim from now on; its `change` is on disk already. */
  put(claim: CheckedClaim, change: CatalogChange, taking: Taking): void
  /** Counts the claim as the one that was put last. */
  renew(groupId: GroupId, holder: PeerId): void
  changeWithout(groupId: GroupId, holder: PeerId): CatalogChange
  drop(groupId: GroupId, holder: PeerId): void
  /** Returns the changes that forget all claims of the group; they count until `dropGroup`. */
  changesWithout(name: string): readonly CatalogChange[]
  dropGroup(name: string): void
  /** Reads the rows of the group's claims anew, after the segments of which a piece is kept have changed. */
  readRows(groupId: GroupId): Promise<void>
  /** Notes in turn what a look at a piece of `holder` found, and writes it down. Does nothing when the holder has no claim here. */
  noteLook(groupId: GroupId, holder: PeerId, look: Look): Promise<void>
  /** Bytes of all claims in the catalog. */
  recordBytes(): number
  /** Bytes of claims told by peers that placed something of the group. SPEC ADM4. */
  readonly placed: Ledger
  /** Bytes of the claims of people whom this device has not checked, told by others. SPEC GRO7. */
  readonly told: Ledger
}

/** Most claims that stay in memory, 5 MiB of them at most. */
const CLAIMS_AT_HAND = 256

/**
 * Resolves with the claims in `catalog`; those that cannot be read are deleted from it, those of later versions left alone. Throws like
 * `Catalog`.
 * @param now the time at which claims of versions that did not note it count as taken, Unix milliseconds
 * @param isKept tells whether this device keeps a piece of a segment
 */
export async function openKeptClaims(catalog: Catalog, now: number, isKept: (segmentId: SegmentId) => boolean): Promise<KeptClaims> {
  const rolls = createRolls()
  /** Names of the groups with claims that have rows about segments of which nothing is kept here. */
  const partial = new Set<string>()
  const atHand = createRecent<CheckedClaim>(CLAIMS_AT_HAND)
  const [placed, told] = [createLedger(), createLedger()]
  let recordBytes = 0

  function count(claim: Pick<RollHolder, 'bytes' | 'telling' | 'isChecked'> | undefined, times: 1 | -1): void {
    if (!claim) return
    recordBytes += times * claim.bytes
    const { telling, isChecked } = claim
    if (telling?.isPlacers) placed.book(telling.teller, times * claim.bytes)
    else if (telling && !isChecked) told.book(telling.teller, times * claim.bytes)
  }

  function put(
    roll: Roll,
    holder: PeerId,
    { bytes, rows, ...taking }: Taking & { readonly bytes: number; readonly rows: readonly ClaimRow[]; readonly seq: number },
  ): void {
    const before = roll.find(holder)
    count(before, -1)
    const ours = taking.telling ? rows.filter(({ segmentId }) => isKept(segmentId)) : rows
    if (ours.length < rows.length) partial.add(hex(roll.groupId))
    roll.put({ holder, bytes, rows: ours, ...taking })
    count({ bytes, isChecked: before?.isChecked === true, ...(taking.telling && { telling: taking.telling }) }, 1)
  }

  /** Puts a record of the catalog, with the facts about its rows. */
  function putKept(roll: Roll, holder: PeerId, record: Bytes, bytes: number, read: (value: Bytes) => KeptClaim | undefined): boolean {
    const kept = read(record)
    const skimmed = kept && skimClaim(kept.bytes)
    if (!skimmed) return false
    const { takenAt = now, telling } = kept
    put(roll, holder, { seq: skimmed.seq, rows: skimmed.rows, takenAt, bytes, ...(telling && { telling }) })
    if (!kept.rows) return true
    count(roll.find(holder), -1)
    for (const [at, toldAt, checkedAt, hasFailed] of kept.rows) {
      const row = skimmed.rows[at]
      const facts = { toldAt: toldAt * 1000, ...(checkedAt > 0 && { checkedAt: checkedAt * 1000 }), hasFailed }
      if (row) roll.restore(row.segmentId, { holder, index: row.index, ...facts })
    }
    count(roll.find(holder), 1)
    return true
  }

  function drop(groupId: GroupId, holder: PeerId): void {
    atHand.drop(keyOf(groupId, holder))
    count(rolls.of(groupId).find(holder), -1)
    rolls.of(groupId).drop(holder)
  }

  async function find(groupId: GroupId, holder: PeerId): Promise<CheckedClaim | undefined> {
    const key = keyOf(groupId, holder)
    const known = atHand.get(key)
    if (known) return known
    const value = await catalog.get('claims', key)
    // Claims on this disk were checked before they were written: no signature is checked twice.
    const bytes = value && readKeptClaim(value)?.bytes
    const claim = bytes && orUndefined(() => ({ ...readClaim(bytes), bytes }))
    if (claim) atHand.put(key, claim)
    return claim
  }

  function changeFor({ groupId, holder, rows, bytes }: CheckedClaim, { takenAt, telling }: Taking): CatalogChange {
    const facts = factsOf(rolls.of(groupId), holder, rows, takenAt)
    const value = encodeKeptClaim({ bytes, takenAt, rows: facts, ...(telling && { telling }) })
    return { table: 'claims', key: keyOf(groupId, holder), value }
  }

  const unreadable: CatalogChange[] = []
  const read = createKeptClaimReader()
  /** The same people hold many groups. */
  const names = new Map<string, PeerId>()
  const nameOf = (text: string): PeerId => {
    const name = names.get(text) ?? brandPeerId(text)
    names.set(text, name)
    return name
  }
  // Records come in order of their keys: those of one group follow each other.
  let last: { readonly name: string; readonly roll: Roll } | undefined
  for (const { key, value } of await catalog.all('claims')) {
    if (isOfLaterVersion(value)) continue
    const [name = '', text = ''] = key.split('/')
    const roll = last?.name === name ? last.roll : orUndefined(() => rolls.of(brandBytes<GroupId>(fromHex(name))))
    const holder = orUndefined(() => nameOf(text))
    if (roll) last = { name, roll }
    const isPut = roll && holder && putKept(roll, holder, value, recordBytesOf({ key, value }), read)
    if (!isPut) unreadable.push({ table: 'claims', key })
  }
  if (unreadable.length > 0) await catalog.commit(unreadable)

  const holders = (groupId: GroupId): readonly PeerId[] => rolls.of(groupId).holders()
  const groupNamed = (name: string): GroupId => brandBytes<GroupId>(fromHex(name))
  return {
    roll: rolls.of,
    holders,
    version: rolls.version,
    groups: rolls.groups,
    groupNames: () => rolls.groups().map(hex),
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
    changeFor,
    put: (claim, change, taking) => {
      const { groupId, holder, seq, rows } = claim
      put(rolls.of(groupId), holder, { seq, rows, bytes: recordBytesOf(change), ...taking })
      atHand.put(keyOf(groupId, holder), claim)
    },
    renew: (groupId, holder) => rolls.of(groupId).renew(holder),
    changeWithout: (groupId, holder) => ({ table: 'claims', key: keyOf(groupId, holder) }),
    drop,
    changesWithout: (name) => holders(groupNamed(name)).map((holder): CatalogChange => ({ table: 'claims', key: `${name}/${holder}` })),
    dropGroup: (name) => {
      const groupId = groupNamed(name)
      for (const holder of holders(groupId)) drop(groupId, holder)
      partial.delete(name)
    },
    readRows: async (groupId) => {
      if (!partial.delete(hex(groupId))) return
      for (const holder of holders(groupId)) {
        const key = keyOf(groupId, holder)
        const value = await catalog.get('claims', key)
        // A claim that is told meanwhile is put by itself.
        if (value && rolls.of(groupId).find(holder)) putKept(rolls.of(groupId), holder, value, recordBytesOf({ key, value }), readKeptClaim)
      }
    },
    noteLook: async (groupId, holder, { found, segmentId, at }) => {
      const roll = rolls.of(groupId)
      const claim = await find(groupId, holder)
      const known = roll.find(holder)
      if (!claim || !known) return
      count(known, -1)
      if (found === 'right') roll.noteChecked(holder, at, segmentId)
      else roll.noteFailed(holder, segmentId)
      count(roll.find(holder), 1)
      const taking = { takenAt: known.takenAt, ...(known.telling && { telling: known.telling }) }
      const change = changeFor(claim, taking)
      await catalog.commit([change])
      put(roll, holder, { seq: claim.seq, rows: claim.rows, bytes: recordBytesOf(change), ...taking })
    },
    recordBytes: () => recordBytes,
    placed,
    told,
  }
}

/** Returns the facts of those rows of a claim taken at `takenAt` that are not told just then and never looked at. */
function factsOf(roll: Roll, holder: PeerId, rows: readonly ClaimRow[], takenAt: number): readonly RowFacts[] {
  return rows.flatMap(({ segmentId, index }, at): RowFacts[] => {
    const row = roll.rowOf(holder, segmentId)
    if (row?.index !== index) return []
    const [toldAt, checkedAt] = [row.toldAt / 1000, (row.checkedAt ?? 0) / 1000]
    const isPlain = checkedAt === 0 && !row.hasFailed && toldAt === Math.floor(takenAt / 1000)
    return isPlain ? [] : [[at, toldAt, checkedAt, row.hasFailed]]
  })
}

function keyOf(groupId: GroupId, holder: PeerId): string {
  return `${hex(groupId)}/${holder}`
}

/** Damage on this disk is no error of the peer that asks: a record that cannot be read counts as absent. */
function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
