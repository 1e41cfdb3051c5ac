import { hex } from '../../../core/bytes.ts'
import { MAX_CHARTER_BYTES, readCharter, readTombstone, type Paper } from '../../../core/charter.ts'
import { bytesUpTo, flag, objectFormat, optional, peerIdentity, uint } from '../../../core/encoding.ts'
import { isOfLaterVersion } from '../../../core/labels.ts'
import type { Catalog, CatalogChange } from '../../../ports/catalog.ts'
import { createLedger, type Ledger } from './ledger.ts'
import { createRecent } from './recent.ts'
import { recordBytesOf } from './kept-shards.ts'
import type { GroupId, PeerId } from '../../../core/ids.ts'

/** The facts of a group's newest paper. Times in Unix milliseconds. */
export interface PaperFacts {
  readonly is: Paper['is']
  /** 0 for a tombstone. */
  readonly until: number
  /** Milliseconds; 0 for a tombstone. */
  readonly grace: number
  /** When this device took it. */
  readonly since: number
  /** The device that placed the first shard of the group here; absent in records of earlier versions. */
  readonly bookedOn?: PeerId
  /** Bytes of its record in the catalog. */
  readonly recordBytes: number
}

/** The newest papers of groups with kept shards, and the tombstones of groups that had some. */
export interface KeptGroups {
  facts(groupId: GroupId): PaperFacts | undefined
  /** The same by hexadecimal group id. */
  factsOf(name: string): PaperFacts | undefined
  /** Names of all groups with a paper: hexadecimal group ids. */
  names(): Iterable<string>
  /** Resolves with the newest paper; undefined when there is none or the disk has spoilt it. */
  paper(groupId: GroupId): Promise<Paper | undefined>
  changeForPaper(paper: Paper, since: number, bookedOn: PeerId | undefined): CatalogChange
  /** Counts the paper from now on; its `change` is on disk already. */
  putPaper(paper: Paper, change: CatalogChange, since: number, bookedOn: PeerId | undefined): void
  changeWithout(name: string): CatalogChange
  drop(name: string): void
  /** Bytes of all papers in the catalog. */
  recordBytes(): number
  /** Bytes of charters, booked on the device that placed the first shard of the group. SPEC ADM4. */
  readonly booked: Ledger
}

/** Most papers that stay in memory, 4 MiB of them at most. */
const PAPERS_AT_HAND = 256

const paperFormat = objectFormat('kept-paper', MAX_CHARTER_BYTES + 128, {
  isTombstone: flag,
  since: uint(),
  until: uint(),
  grace: uint(),
  bytes: bytesUpTo(MAX_CHARTER_BYTES, 1),
  bookedOn: optional(peerIdentity),
})

/** Resolves with the papers in `catalog`; those that cannot be read are deleted from it, those of later versions left alone. Throws like `Catalog`. */
export async function openKeptGroups(catalog: Catalog): Promise<KeptGroups> {
  const factsByGroup = new Map<string, PaperFacts>()
  const atHand = createRecent<Paper>(PAPERS_AT_HAND)
  const booked = createLedger()
  let recordBytes = 0

  function put(name: string, facts: PaperFacts): void {
    drop(name)
    factsByGroup.set(name, facts)
    count(facts, 1)
  }

  function drop(name: string): void {
    const facts = factsByGroup.get(name)
    if (!facts) return
    atHand.drop(name)
    factsByGroup.delete(name)
    count(facts, -1)
  }

  /** Tombstones are not booked and have bounds of their own: a placer would pay for an ended group for more than a year. */
  function count({ is, bookedOn, recordBytes: bytes }: PaperFacts, times: 1 | -1): void {
    recordBytes += times * bytes
    if (is === 'charter' && bookedOn) booked.book(bookedOn, times * bytes)
  }

  const unreadable: CatalogChange[] = []
  for (const { key, value } of await catalog.all('charters')) {
    if (isOfLaterVersion(value)) continue
    const facts = readFacts(value)
    if (facts) put(key, { ...facts, recordBytes: recordBytesOf({ key, value }) })
    else unreadable.push({ table: 'charters', key })
  }
  if (unreadable.length > 0) await catalog.commit(unreadable)

  return {
    facts: (groupId) => factsByGroup.get(hex(groupId)),
    factsOf: (name) => factsByGroup.get(name),
    names: () => factsByGroup.keys(),
    paper: async (groupId) => {
      const name = hex(groupId)
      const known = atHand.get(name)
      if (known) return known
      const value = await catalog.get('charters', name)
      const paper = value && readPaper(value)
      if (!paper || hex(paper.groupId) !== name) return undefined
      atHand.put(name, paper)
      return paper
    },
    changeForPaper: (paper, since, bookedOn) => {
      const { until, grace } = termOf(paper)
      const fields = { isTombstone: paper.is === 'tombstone', since, until, grace, bytes: paper.bytes, ...(bookedOn && { bookedOn }) }
      return { table: 'charters', key: hex(paper.groupId), value: paperFormat.encode(fields) }
    },
    putPaper: (paper, change, since, bookedOn) => {
      const name = hex(paper.groupId)
      put(name, { is: paper.is, since, ...termOf(paper), ...(bookedOn && { bookedOn }), recordBytes: recordBytesOf(change) })
      atHand.put(name, paper)
    },
    changeWithout: (name) => ({ table: 'charters', key: name }),
    drop,
    recordBytes: () => recordBytes,
    booked,
  }
}

function termOf(paper: Paper): { readonly until: number; readonly grace: number } {
  return paper.is === 'charter' ? { until: paper.charter.until, grace: paper.charter.grace } : { until: 0, grace: 0 }
}

/** Papers on this disk were checked before they were written: no signature is checked twice. */
function readPaper(value: Uint8Array): Paper | undefined {
  return orUndefined(() => {
    const { isTombstone, bytes } = paperFormat.decode(value)
    return isTombstone ? readTombstone(bytes) : readCharter(bytes)
  })
}

function readFacts(value: Uint8Array): Omit<PaperFacts, 'recordBytes'> | undefined {
  return orUndefined(() => {
    const { isTombstone, since, until, grace, bookedOn } = paperFormat.decode(value)
    return { is: isTombstone ? 'tombstone' : 'charter', since, until, grace, ...(bookedOn && { bookedOn }) }
  })
}

/** Damage on this disk is no error of the peer that asks: a record that cannot be read counts as absent. */
function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
