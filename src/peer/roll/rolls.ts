import { byteText, fromByteText } from '../../core/bytes.ts'
import { newerPaper, type Paper } from '../../core/charter.ts'
import { assert } from '../../core/errors.ts'
import { brandBytes, type GroupId, type PeerId, type SegmentId } from '../../core/ids.ts'
import { createNumberTable } from './number-table.ts'
import { createPeopleNumbers } from './people-numbers.ts'
import { ranks, type Rank, type Roll, type RollHolder, type RollKeeper, type RollRow, type ToldClaim } from './roll.ts'
import { createSegmentRows, type RowBySegment } from './segment-rows.ts'

/** The rolls of many groups, in shared tables: some 50 bytes for each claim and row together. */
export interface Rolls {
  /** Returns the roll of a group; an empty one takes no memory. */
  of(groupId: GroupId): Roll
  /** Returns the groups with a paper or a holder. */
  groups(): readonly GroupId[]
  /** Returns another number after each change of a holder, its seq or its rows in any group. */
  version(): number
  /** Bytes of the shared tables. */
  bytes(): number
}

interface Group {
  readonly groupId: GroupId
  paper: Paper | undefined
  /** The claim that was put first, and the one that was put last; 0 when there is none. */
  first: number
  last: number
  version: number
  readonly rowBySegment: RowBySegment
}

const rankByNumber: readonly (Rank | undefined)[] = [undefined, ranks.hearsay, ranks.holder, ranks.placer]
/** Marks of a claim. */
const [CHECKED, PLACERS] = [1, 2]

/** Returns tables without a group. */
export function createRolls(): Rolls {
  const people = createPeopleNumbers()
  const rows = createSegmentRows()
  const claims = createNumberTable({
    ...({ holder: 'u32', teller: 'u32', seq: 'f64', takenAt: 'f64', bytes: 'u16' } as const),
    ...({ rows: 'u16', rank: 'u8', marks: 'u8', next: 'u32' } as const),
  })
  const groups = new Map<string, Group>()
  /** The names of groups are made once: all groups are gone through again and again, by the same ids. */
  const rollByGroup = new WeakMap<GroupId, Roll>()
  /** Changes of all groups: one that is forgotten and begins anew has another version. */
  let changes = 0

  function claimsOf(group: Group | undefined): number[] {
    const found: number[] = []
    for (let claim = group?.first ?? 0; claim !== 0; claim = claims.get(claim, 'next')) found.push(claim)
    return found
  }

  function claimOf(group: Group | undefined, holder: PeerId): number {
    const number = people.find(holder)
    let claim = number === 0 ? 0 : (group?.first ?? 0)
    while (claim !== 0 && claims.get(claim, 'holder') !== number) claim = claims.get(claim, 'next')
    return claim
  }

  function holderOf(claim: number): PeerId {
    const peer = people.person(claims.get(claim, 'holder'))
    assert(peer !== undefined, 'a claim names its holder')
    return peer
  }

  function unlink(group: Group, claim: number): void {
    let before = 0
    for (let each = group.first; each !== claim && each !== 0; each = claims.get(each, 'next')) before = each
    const next = claims.get(claim, 'next')
    if (before === 0) group.first = next
    else claims.set(before, 'next', next)
    if (group.last === claim) group.last = before
  }

  function append(group: Group, claim: number): void {
    claims.set(claim, 'next', 0)
    if (group.last === 0) group.first = claim
    else claims.set(group.last, 'next', claim)
    group.last = claim
  }

  function put(group: Group, { holder, seq, takenAt, rows: told, telling, bytes = 0 }: ToldClaim): void {
    const known = claimOf(group, holder)
    const claim = known === 0 ? claims.take() : known
    // The new names are used before the old ones are dropped, so that a name that stays keeps its number.
    const holderNumber = known === 0 ? people.use(holder) : claims.get(claim, 'holder')
    const teller = telling ? people.use(telling.teller) : 0
    people.drop(claims.get(claim, 'teller'))
    if (known !== 0) unlink(group, claim)
    append(group, claim)
    claims.set(claim, 'holder', holderNumber)
    claims.set(claim, 'teller', teller)
    claims.set(claim, 'seq', seq)
    claims.set(claim, 'takenAt', takenAt)
    claims.set(claim, 'bytes', bytes)
    claims.set(claim, 'rank', telling?.rank ?? 0)
    mark(claim, PLACERS, telling?.isPlacers ?? false)
    const indexBySegment = new Map(told.map(({ segmentId, index }) => [byteText(segmentId), index]))
    if (claims.get(claim, 'rows') > 0) rows.dropOthers(group.rowBySegment, claim, new Set(indexBySegment.keys()))
    for (const [segment, index] of indexBySegment) rows.put(group.rowBySegment, segment, claim, index, takenAt)
    claims.set(claim, 'rows', indexBySegment.size)
    group.version = ++changes
  }

  function drop(group: Group, claim: number): void {
    rows.dropOthers(group.rowBySegment, claim, new Set())
    unlink(group, claim)
    people.drop(claims.get(claim, 'teller'))
    people.drop(claims.get(claim, 'holder'))
    claims.free(claim)
    group.version = ++changes
  }

  function mark(claim: number, bit: number, isSet: boolean): void {
    const marks = claims.get(claim, 'marks')
    claims.set(claim, 'marks', isSet ? marks | bit : marks & ~bit)
  }

  function rankOf(claim: number): Rank | undefined {
    return rankByNumber[claims.get(claim, 'rank')]
  }

  function viewClaim(claim: number): RollHolder {
    const teller = people.person(claims.get(claim, 'teller'))
    const rank = rankOf(claim)
    const marks = claims.get(claim, 'marks')
    return {
      holder: holderOf(claim),
      seq: claims.get(claim, 'seq'),
      takenAt: claims.get(claim, 'takenAt'),
      ...(teller && rank && { telling: { teller, rank, isPlacers: (marks & PLACERS) !== 0 } }),
      bytes: claims.get(claim, 'bytes'),
      isChecked: (marks & CHECKED) !== 0,
      rows: claims.get(claim, 'rows'),
    }
  }

  const viewRow = (row: number): RollRow => rows.view(row, { holder: holderOf(rows.claimOf(row)) })
  const viewKeeper = (row: number): RollKeeper => {
    const claim = rows.claimOf(row)
    const marks = claims.get(claim, 'marks')
    const facts = { holder: holderOf(claim), isChecked: (marks & CHECKED) !== 0, takenAt: claims.get(claim, 'takenAt') }
    const rank = rankOf(claim)
    // Screens go through every row of every file.
    return rows.view(row, rank === undefined ? facts : Object.assign(facts, { rank }))
  }

  function begin(name: string): Group {
    const known = groups.get(name)
    if (known !== undefined) return known
    const groupId = brandBytes<GroupId>(fromByteText(name))
    const group = { groupId, paper: undefined, first: 0, last: 0, version: 0, rowBySegment: new Map<string, number>() }
    groups.set(name, group)
    return group
  }

  /** Calls `act` with the group of that name and the claim of `holder`, if there is one. */
  function withClaim(name: string, holder: PeerId, act: (group: Group, claim: number) => void): void {
    const group = groups.get(name)
    const claim = claimOf(group, holder)
    if (group && claim !== 0) act(group, claim)
  }

  function numberOfRow(name: string, holder: PeerId, segmentId: SegmentId): number {
    const group = groups.get(name)
    const claim = claimOf(group, holder)
    return claim === 0 ? 0 : rows.find(group?.rowBySegment, byteText(segmentId), claim)
  }

  /** A class, since a roll is made for every id that comes: two dozen functions each time would cost more than the answer. */
  class GroupRoll implements Roll {
    readonly groupId: GroupId
    readonly #name: string

    constructor(groupId: GroupId) {
      this.groupId = groupId
      this.#name = byteText(groupId)
    }

    version() {
      return groups.get(this.#name)?.version ?? 0
    }

    paper() {
      return groups.get(this.#name)?.paper
    }

    takePaper(paper: Paper) {
      const group = begin(this.#name)
      group.paper = group.paper ? newerPaper(group.paper, paper) : paper
    }

    holders() {
      return claimsOf(groups.get(this.#name)).map(holderOf)
    }

    has(holder: PeerId) {
      return claimOf(groups.get(this.#name), holder) !== 0
    }

    find(holder: PeerId) {
      const claim = claimOf(groups.get(this.#name), holder)
      return claim === 0 ? undefined : viewClaim(claim)
    }

    all() {
      return claimsOf(groups.get(this.#name)).map(viewClaim)
    }

    put(claim: ToldClaim) {
      put(begin(this.#name), claim)
    }

    addRow({ holder, segmentId, index, toldAt }: Parameters<Roll['addRow']>[0]) {
      const group = begin(this.#name)
      const telling = { teller: holder, rank: ranks.holder, isPlacers: false }
      if (claimOf(group, holder) === 0) put(group, { holder, seq: 0, takenAt: toldAt, rows: [], telling })
      const claim = claimOf(group, holder)
      const isNew = rows.find(group.rowBySegment, byteText(segmentId), claim) === 0
      rows.put(group.rowBySegment, byteText(segmentId), claim, index, toldAt)
      if (isNew) claims.set(claim, 'rows', claims.get(claim, 'rows') + 1)
      group.version = ++changes
    }

    renew(holder: PeerId) {
      withClaim(this.#name, holder, (group, claim) => {
        unlink(group, claim)
        append(group, claim)
      })
    }

    drop(holder: PeerId) {
      withClaim(this.#name, holder, (group, claim) => {
        drop(group, claim)
        if (group.first === 0 && group.paper === undefined) groups.delete(this.#name)
      })
    }

    clear() {
      const group = groups.get(this.#name)
      if (!group) return
      while (group.first !== 0) drop(group, group.first)
      groups.delete(this.#name)
    }

    keepersOf(segmentId: SegmentId) {
      return rows.about(groups.get(this.#name)?.rowBySegment, byteText(segmentId)).map(viewKeeper)
    }

    rowOf(holder: PeerId, segmentId: SegmentId) {
      const row = numberOfRow(this.#name, holder, segmentId)
      return row === 0 ? undefined : viewRow(row)
    }

    *rowsOf(holder: PeerId) {
      const group = groups.get(this.#name)
      const claim = claimOf(group, holder)
      for (const segment of claim === 0 ? [] : (group?.rowBySegment.keys() ?? [])) {
        const row = rows.find(group?.rowBySegment, segment, claim)
        if (row !== 0) yield rows.view(row, { holder, segmentId: brandBytes<SegmentId>(fromByteText(segment)) })
      }
    }

    segments() {
      return Array.from(groups.get(this.#name)?.rowBySegment.keys() ?? [], (text) => brandBytes<SegmentId>(fromByteText(text)))
    }

    noteChecked(holder: PeerId, at: number, segmentId?: SegmentId) {
      withClaim(this.#name, holder, (_group, claim) => mark(claim, CHECKED, true))
      const row = segmentId ? numberOfRow(this.#name, holder, segmentId) : 0
      if (row !== 0) rows.setFacts(row, { ...rows.facts(row), checkedAt: at, hasFailed: false })
    }

    noteFailed(holder: PeerId, segmentId: SegmentId) {
      const row = numberOfRow(this.#name, holder, segmentId)
      if (row !== 0) rows.setFacts(row, { ...rows.facts(row), hasFailed: true })
    }

    restore(segmentId: SegmentId, { holder, ...facts }: RollRow) {
      const row = numberOfRow(this.#name, holder, segmentId)
      if (row === 0 || rows.facts(row).index !== facts.index) return
      rows.setFacts(row, facts)
      if (facts.checkedAt !== undefined) mark(rows.claimOf(row), CHECKED, true)
    }
  }

  return {
    of(groupId) {
      const roll = rollByGroup.get(groupId) ?? new GroupRoll(groupId)
      rollByGroup.set(groupId, roll)
      return roll
    },
    groups: () => Array.from(groups.values(), ({ groupId }) => groupId),
    version: () => changes,
    bytes: () => claims.bytes() + rows.bytes(),
  }
}
