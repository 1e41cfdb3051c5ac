import { hex, type Bytes } from '../core/bytes.ts'
import { checkCharter, checkTombstone, MAX_CHARTER_BYTES, type Paper } from '../core/charter.ts'
import { checkClaim, type ClaimFields } from '../core/claim.ts'
import { bytesUpTo, flag, objectFormat, uint } from '../core/encoding.ts'
import { brandPeerId, type GroupId, type PeerId } from '../core/ids.ts'
import type { Catalog, CatalogChange } from '../ports/catalog.ts'
import type { SentClaim } from '../protocol/group.ts'

/** A claim whose signature and limits hold. */
export type CheckedClaim = ClaimFields & { readonly bytes: Bytes }

/** What the newest paper of a group says, in short. Times in Unix milliseconds. */
export interface PaperFacts {
  readonly is: Paper['is']
  /** 0 for a tombstone. */
  readonly until: number
  /** Milliseconds; 0 for a tombstone. */
  readonly grace: number
  /** When this device took it. */
  readonly since: number
}

/** Newest papers and claims of the groups of which something is kept. */
export interface Groups {
  facts(groupId: GroupId): PaperFacts | undefined
  /** The same by hexadecimal group id. */
  factsOf(name: string): PaperFacts | undefined
  /** Names of all groups with a paper or a claim: hexadecimal group ids. */
  names(): readonly string[]
  /** Returns the newest paper, undefined when there is none or the disk has spoilt it. */
  paper(groupId: GroupId): Promise<Paper | undefined>
  changeForPaper(paper: Paper, since: number): CatalogChange
  putPaper(paper: Paper, since: number): void
  /** Holders with a claim, those whose claim was put longest ago first. */
  holders(groupId: GroupId): readonly PeerId[]
  /** Bytes of all claims of the group. */
  claimBytes(groupId: GroupId): number
  /** Returns the newest claim of `holder`, undefined when there is none or the disk has spoilt it. */
  claim(groupId: GroupId, holder: PeerId): Promise<CheckedClaim | undefined>
  /** Returns all claims in the order of their holders' ids. */
  claims(groupId: GroupId): Promise<readonly SentClaim[]>
  changeForClaim(claim: CheckedClaim): CatalogChange
  putClaim(claim: CheckedClaim): void
  changeWithoutClaim(groupId: GroupId, holder: PeerId): CatalogChange
  dropClaim(groupId: GroupId, holder: PeerId): void
  /** Returns the changes that forget the group; it counts until `drop`. */
  changesWithout(name: string): readonly CatalogChange[]
  drop(name: string): void
}

/** What was let in once is not measured against the clock again: that may have been set back since. */
const ANY_TIME = Number.MAX_SAFE_INTEGER

const paperFormat = objectFormat('kept-paper', MAX_CHARTER_BYTES + 64, {
  isTombstone: flag,
  since: uint(),
  until: uint(),
  grace: uint(),
  bytes: bytesUpTo(MAX_CHARTER_BYTES, 1),
})

/** Returns what `catalog` has of groups. Signatures are checked when a paper is first looked at, so that a start stays quick. */
export async function openGroups(catalog: Catalog): Promise<Groups> {
  const factsByGroup = new Map<string, PaperFacts>()
  const paperByGroup = new Map<string, Paper>()
  /** Bytes of each holder's claim, those put last at the end. */
  const holdersByGroup = new Map<string, Map<PeerId, number>>()
  const claimByKey = new Map<string, CheckedClaim>()

  function addHolder(name: string, holder: PeerId, bytes: number): void {
    const holders = holdersByGroup.get(name) ?? new Map<PeerId, number>()
    holders.delete(holder)
    holdersByGroup.set(name, holders.set(holder, bytes))
  }

  const unreadable: CatalogChange[] = []
  for (const { key, value } of await catalog.all('charters')) {
    const facts = readFacts(value)
    if (facts) factsByGroup.set(key, facts)
    else unreadable.push({ table: 'charters', key })
  }
  for (const { key, value } of await catalog.all('claims')) {
    const [name = '', holder = ''] = key.split('/')
    const peer = readPeer(holder)
    if (peer) addHolder(name, peer, value.length)
    else unreadable.push({ table: 'claims', key })
  }
  if (unreadable.length > 0) await catalog.commit(unreadable)

  async function claim(groupId: GroupId, holder: PeerId): Promise<CheckedClaim | undefined> {
    const key = claimKey(groupId, holder)
    const atHand = claimByKey.get(key)
    if (atHand) return atHand
    const bytes = await catalog.get('claims', key)
    const checked = bytes && orUndefined(() => checkClaim(bytes, ANY_TIME))
    if (checked) claimByKey.set(key, checked)
    return checked
  }

  return {
    facts: (groupId) => factsByGroup.get(hex(groupId)),
    factsOf: (name) => factsByGroup.get(name),
    names: () => [...new Set([...factsByGroup.keys(), ...holdersByGroup.keys()])],
    paper: async (groupId) => {
      const name = hex(groupId)
      const atHand = paperByGroup.get(name)
      if (atHand) return atHand
      const value = await catalog.get('charters', name)
      const paper = value && readPaper(value)
      if (paper && hex(paper.groupId) === name) paperByGroup.set(name, paper)
      return paperByGroup.get(name)
    },
    changeForPaper: (paper, since) => ({ table: 'charters', key: hex(paper.groupId), value: encodePaper(paper, since) }),
    putPaper: (paper, since) => {
      paperByGroup.set(hex(paper.groupId), paper)
      factsByGroup.set(hex(paper.groupId), { is: paper.is, since, ...termOf(paper) })
    },
    holders: (groupId) => [...(holdersByGroup.get(hex(groupId))?.keys() ?? [])],
    claimBytes: (groupId) => [...(holdersByGroup.get(hex(groupId))?.values() ?? [])].reduce((sum, bytes) => sum + bytes, 0),
    claim,
    claims: async (groupId) => {
      const sent: SentClaim[] = []
      for (const holder of [...(holdersByGroup.get(hex(groupId))?.keys() ?? [])].sort()) {
        const checked = await claim(groupId, holder)
        if (checked) sent.push({ holder, bytes: checked.bytes })
      }
      return sent
    },
    changeForClaim: ({ groupId, holder, bytes }) => ({ table: 'claims', key: claimKey(groupId, holder), value: bytes }),
    putClaim: (checked) => {
      claimByKey.set(claimKey(checked.groupId, checked.holder), checked)
      addHolder(hex(checked.groupId), checked.holder, checked.bytes.length)
    },
    changeWithoutClaim: (groupId, holder) => ({ table: 'claims', key: claimKey(groupId, holder) }),
    dropClaim: (groupId, holder) => {
      claimByKey.delete(claimKey(groupId, holder))
      const holders = holdersByGroup.get(hex(groupId))
      holders?.delete(holder)
      if (holders?.size === 0) holdersByGroup.delete(hex(groupId))
    },
    changesWithout: (name) => [
      { table: 'charters', key: name },
      ...[...(holdersByGroup.get(name)?.keys() ?? [])].map((holder): CatalogChange => ({ table: 'claims', key: `${name}/${holder}` })),
    ],
    drop: (name) => {
      for (const holder of holdersByGroup.get(name)?.keys() ?? []) claimByKey.delete(`${name}/${holder}`)
      holdersByGroup.delete(name)
      paperByGroup.delete(name)
      factsByGroup.delete(name)
    },
  }
}

function claimKey(groupId: GroupId, holder: PeerId): string {
  return `${hex(groupId)}/${holder}`
}

function termOf(paper: Paper): { readonly until: number; readonly grace: number } {
  return paper.is === 'charter' ? { until: paper.charter.until, grace: paper.charter.grace } : { until: 0, grace: 0 }
}

function encodePaper(paper: Paper, since: number): Bytes {
  return paperFormat.encode({ isTombstone: paper.is === 'tombstone', since, ...termOf(paper), bytes: paper.bytes })
}

function readPaper(value: Uint8Array): Paper | undefined {
  return orUndefined(() => {
    const { isTombstone, bytes } = paperFormat.decode(value)
    return isTombstone ? checkTombstone(bytes, ANY_TIME) : checkCharter(bytes, ANY_TIME)
  })
}

function readFacts(value: Uint8Array): PaperFacts | undefined {
  return orUndefined(() => {
    const { isTombstone, since, until, grace } = paperFormat.decode(value)
    return { is: isTombstone ? 'tombstone' : 'charter', since, until, grace }
  })
}

function readPeer(text: string): PeerId | undefined {
  return orUndefined(() => brandPeerId(text))
}

/** Damage on one's own disk is not an error of anybody who asks: what cannot be read is not there. */
function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
