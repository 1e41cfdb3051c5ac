import { concatBytes, fromHex, hex, type Bytes } from '../../core/bytes.ts'
import { HoardError } from '../../core/errors.ts'
import { brandBytes, brandPeerId, type GroupId, type PeerId, type SegmentId } from '../../core/ids.ts'
import { FORMAT_VERSION } from '../../core/labels.ts'
import { openSmall, sealSmall } from '../../core/small-seal.ts'
import { fileFormat, groupFormat, keyOf, partsOf, plainOf, readSegment, rootFormat, rootKey, segmentKey, shelfOf } from './journal-rows.ts'
import type { PeerParts } from '../api/peer-parts.ts'
import type { Roll } from '../roll/roll.ts'
import { createRolls } from '../roll/rolls.ts'
import { createTurns } from '../../flow/turns.ts'
import type { FileNote, RootObject, GroupNote, DigestsOf, Note, NotedSegment } from './journal-notes.ts'

/** The record of everything under way: it survives reloads and crashes, sealed under the storage key. Reads are from memory. */
export interface Journal {
  file(id: string): FileNote | undefined
  group(groupId: GroupId): GroupNote | undefined
  /** Returns something that is another one, by identity, after each change of the group's note; undefined while there is none. */
  groupMark(groupId: GroupId): object | undefined
  /** Returns the segments of a group by their position; -1 is the root object (manifest or link). */
  segments(groupId: GroupId): ReadonlyMap<number, NotedSegment>
  /** Returns the group of a segment that was written down or read before. */
  groupWith(segmentId: SegmentId): GroupId | undefined
  claims(groupId: GroupId): Map<PeerId, Bytes>
  /** Returns the root object that was sealed for a layout of the group. */
  rootObject(groupId: GroupId, layout?: number): RootObject | undefined
  /** Returns the digests of a file's sealed records, or of its content batch by batch: 32 bytes each, up to 64 in each part. */
  digests(id: string, digestsOf: DigestsOf): ReadonlyMap<number, Bytes>
  /** Returns the groups that were ended and not yet told to everybody. */
  ended(): readonly { readonly groupId: GroupId; readonly note: GroupNote }[]
  /**
   * Makes the notes that `make` returns durable, all or none of them, and only then calls its `assign`: memory never runs ahead of the
   * disk, even when the disk is full. The changes of one `owner` run one after another: each `make` sees what the last one left. A change of
   * several owners, always in the same order, waits for the turn of each.
   */
  change(owner: object, make: () => Change, ...others: readonly object[]): Promise<void>
  /** Forgets one holder's claim. */
  dropClaim(groupId: GroupId, holder: PeerId): Promise<void>
  /** Forgets the segments at these places of a group, and the root object of that layout. */
  dropLayout(groupId: GroupId, places: Iterable<number>, layout: number): Promise<void>
  /** Forgets the digests of a file's records: nothing of it is spooled any more. */
  dropDigests(id: string): Promise<void>
  /** Forgets the note of a content and the digests of its records. */
  forgetContent(id: string): Promise<void>
  /** Forgets a group with its segments, claims and root object. */
  forgetGroup(groupId: GroupId): Promise<void>
  /** Returns who keeps the group: empty until the group is opened, and then changed together with its notes. */
  roll(groupId: GroupId): Roll
  /** Unix milliseconds. */
  now(): number
}

/** Notes to write down together, and the change of memory that follows. */
export interface Change {
  readonly notes: readonly Note[]
  readonly assign: () => void
}

/** The place of a group's root object: the manifest of a file, or a link. */
export const ROOT_PLACE = -1
/** Places of the layout that no charter names lie so far behind those of the other. SPEC RCD4. */
export const OTHER_LAYOUT = 1000
const PURPOSE = 'journal'
const R_BYTES = 32

/** Opens the journal over the catalog's table of that name. Throws HoardError 'record-damaged' when it was sealed under another key. */
export async function openJournal({
  catalog,
  clock,
  random,
  storageKey,
}: Pick<PeerParts, 'catalog' | 'clock' | 'random' | 'storageKey'>): Promise<Journal> {
  const rolls = createRolls()
  const shelves = new Map<string, Map<string, Bytes>>()
  const groupBySegment = new Map<string, GroupId>()
  /** Records of groups that have not ended: an owner looks for ended ones whenever somebody comes or goes. */
  const lasting = new WeakSet<Bytes>()
  const keep = (key: string, plain: Bytes): void => {
    const { shelf, rest } = partsOf(key)
    const records = shelves.get(shelf)
    if (records === undefined) shelves.set(shelf, new Map([[rest, plain]]))
    else records.set(rest, plain)
  }
  const shelf = (name: string): ReadonlyMap<string, Bytes> => shelves.get(name) ?? new Map<string, Bytes>()
  const seal = (plain: Bytes): Bytes => {
    const r = random.bytes(R_BYTES)
    return concatBytes(new Uint8Array([FORMAT_VERSION]), r, sealSmall(storageKey, PURPOSE, r, plain))
  }
  const open = (sealed: Bytes): Bytes => {
    if (sealed[0] !== FORMAT_VERSION) throw new HoardError('format-unknown', { object: PURPOSE })
    return openSmall(storageKey, PURPOSE, sealed.subarray(1, 1 + R_BYTES), sealed.subarray(1 + R_BYTES))
  }
  for (const { key, value } of await catalog.all('journal')) keep(key, open(value))
  const commit = async (notes: readonly Note[]): Promise<void> => {
    const records = notes.map((note) => ({ key: keyOf(note), plain: plainOf(note) }))
    await catalog.commit(records.map(({ key, plain }) => ({ table: 'journal', key, value: seal(plain) })))
    for (const { key, plain } of records) keep(key, plain)
    for (const note of notes) if (note.of === 'segment') groupBySegment.set(hex(note.segment.segmentId), note.groupId)
  }
  const segments: Journal['segments'] = (groupId) =>
    new Map([...shelf(`segment/${hex(groupId)}`)].map(([rest, plain]) => [Number(rest) - 1, readSegment(plain, clock.now())]))
  const turns = createTurns<object>()
  const forget = async (names: readonly string[]): Promise<void> => {
    const keys = names.flatMap((name) => [...shelf(name).keys()].map((rest) => (rest === '' ? name : `${name}/${rest}`)))
    await catalog.commit(keys.map((key) => ({ table: 'journal', key })))
    for (const name of names) shelves.delete(name)
  }

  return {
    file(id) {
      const plain = shelf(`file/${id}`).get('')
      return plain === undefined ? undefined : fileFormat.decode(plain)
    },
    group(groupId) {
      const plain = shelf(`group/${hex(groupId)}`).get('')
      return plain === undefined ? undefined : groupFormat.decode(plain)
    },
    groupMark: (groupId) => shelf(`group/${hex(groupId)}`).get(''),
    segments(groupId) {
      const noted = segments(groupId)
      for (const { segment } of noted.values()) groupBySegment.set(hex(segment.segmentId), groupId)
      return noted
    },
    groupWith: (segmentId) => groupBySegment.get(hex(segmentId)),
    claims: (groupId) => new Map([...shelf(`claim/${hex(groupId)}`)].map(([rest, plain]) => [brandPeerId(rest), plain])),
    rootObject(groupId, layout) {
      const { shelf: name, rest } = partsOf(rootKey(groupId, layout))
      const plain = shelf(name).get(rest)
      return plain === undefined ? undefined : rootFormat.decode(plain)
    },
    digests: (id, digestsOf) => new Map([...shelf(`${shelfOf[digestsOf]}/${id}`)].map(([rest, plain]) => [Number(rest), plain])),
    ended() {
      const ended = []
      for (const [name, records] of shelves) {
        const plain = name.startsWith('group/') ? records.get('') : undefined
        if (plain === undefined) continue
        if (lasting.has(plain)) continue
        const note = groupFormat.decode(plain)
        if (note.tombstone === null) lasting.add(plain)
        else ended.push({ groupId: brandBytes<GroupId>(fromHex(name.slice('group/'.length))), note })
      }
      return ended
    },
    change(owner, make, ...others) {
      const run = async (): Promise<void> => {
        const { notes, assign } = make()
        if (notes.length > 0) await commit(notes)
        assign()
      }
      return [owner, ...others].reduceRight<() => Promise<void>>((work, each) => () => turns(each, work), run)()
    },
    async dropLayout(groupId, places, layout) {
      const keys = [...Array.from(places, (place) => segmentKey(groupId, place)), rootKey(groupId, layout)]
      await catalog.commit(keys.map((key) => ({ table: 'journal', key })))
      for (const key of keys) {
        const { shelf: name, rest } = partsOf(key)
        shelves.get(name)?.delete(rest)
      }
    },
    async dropClaim(groupId, holder) {
      await catalog.commit([{ table: 'journal', key: `claim/${hex(groupId)}/${holder}` }])
      shelves.get(`claim/${hex(groupId)}`)?.delete(holder)
    },
    dropDigests: (id) => forget(Object.values(shelfOf).map((kind) => `${kind}/${id}`)),
    forgetContent: (id) => forget([`file/${id}`, ...Object.values(shelfOf).map((kind) => `${kind}/${id}`)]),
    async forgetGroup(groupId) {
      const noted = [...segments(groupId).values()]
      await forget(['group', 'segment', 'claim', 'root'].map((kind) => `${kind}/${hex(groupId)}`))
      for (const { segment } of noted) groupBySegment.delete(hex(segment.segmentId))
      rolls.of(groupId).clear()
    },
    roll: rolls.of,
    now: clock.now,
  }
}

/** Returns how to find the newest claim of a holder, as it was signed; undefined when there is none. */
export function claimIn(journal: Pick<Journal, 'claims'>): (groupId: GroupId, holder: PeerId) => Promise<Bytes | undefined> {
  return async (groupId, holder) => {
    // An empty one stands for a holder that never answered.
    const claim = journal.claims(groupId).get(holder)
    return claim !== undefined && claim.length > 0 ? claim : undefined
  }
}
