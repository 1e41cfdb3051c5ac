import { readClaim, type CheckedClaim } from '../../../core/claim.ts'
import { encodeDescriptor } from '../../../core/descriptor.ts'
import { codeOf, HoardError, ignoreKnownErrors } from '../../../core/errors.ts'
import type { FileKey, PeerId, SegmentId } from '../../../core/ids.ts'
import { recordKinds } from '../../../core/keys.ts'
import { decodeManifest } from '../../../core/manifest.ts'
import { recordsIn } from '../../../core/segment.ts'
import { idFromHex } from '../../../core/vault/entry-id.ts'
import { stampsOf } from '../../../core/vault/entry.ts'
import { mapLimited } from '../../../flow/map-limited.ts'
import { counted } from '../../fetching/evidence.ts'
import { locateGroup, unknownGroup, type KnownGroup } from '../../fetching/locate-group.ts'
import { readSealedRoot, segmentJob, type OnWaiting, type OpenGroup } from '../../fetching/open-object.ts'
import { readDescriptor } from '../../fetching/read-segment.ts'
import { startReading, type ReadParts } from '../../fetching/reading.ts'
import { lookAtHolders } from '../../groups/adopt-holders.ts'
import { putClaim } from '../../groups/enroll.ts'
import { ROOT_PLACE } from '../../groups/journal.ts'
import type { Cut, FileNote, GroupNote, Note, RootObject } from '../../groups/journal-notes.ts'
import type { Kept, OwnGroup } from '../../groups/own-group.ts'
import type { StoreTools } from '../../groups/owner-tools.ts'
import { newSegment, type PlacedSegment } from '../../placing/placed-segment.ts'
import { contentHealth } from '../../storing/content-health.ts'
import { isUnsought, noteStoredAt, type Content } from '../../storing/content.ts'
import { countPlans, cutOf, splitPlans } from '../../storing/group-plans.ts'
import { digestOfRoot } from '../../storing/root-object.ts'
import type { OwnFiles } from '../own-files.ts'

/** Contents looked for side by side, and descriptors of one that are asked for at once. */
const AT_ONCE = 4
/** Longest time between two looks at what is to be found, and the times after which one that was not found is looked for again. */
const [LOOK_EVERY_MS, AGAIN_MS, AGAIN_AT_MOST_MS] = [60_000, 15_000, 3_600_000]
/** Most bytes of claims of one group, and longest sealed manifest, that are written down. */
const [CLAIM_BYTES, ROOT_BYTES] = [1024 * 1024, 261_000]

/**
 * Makes the contents and links that the vault alone knows this device's own in full: looks for the people who keep their groups, the newest content first,
 * and writes down what a store would have, in one commit for each group, the last of them with the note of the content. Nothing is sealed or
 * sent anew because of it. One that cannot be found is looked for again, after a time that doubles up to an hour. Runs until `signal` aborts.
 * Source: core SPEC.md VLT29.
 */
export async function adoptContents(tools: StoreTools, own: OwnFiles, signal: AbortSignal): Promise<never> {
  const { parts, people, changes } = tools
  const { clock } = parts
  const tries = new WeakMap<object, { readonly nextAt: number; readonly waitMs: number }>()
  let isFirstLook = true
  const nextAt = ({ key }: Sought): number => tries.get(key)?.nextAt ?? clock.ran()
  for (;;) {
    // A device that owns nothing does not wake for it.
    while (own.contents().length === 0) await changes.next(signal)
    await people.settled(signal)
    if (isFirstLook) await lookAgain(tools, own, signal)
    isFirstLook = false
    const unknown = toFind(tools, own)
    const isAlone = people.here().length === 0
    const due = isAlone ? [] : unknown.filter((sought) => nextAt(sought) <= clock.ran())
    await mapLimited(due, AT_ONCE, async (sought) => {
      if (await adopt(tools, own, sought, signal)) return
      const { waitMs } = tries.get(sought.key) ?? { waitMs: AGAIN_MS }
      tries.set(sought.key, { nextAt: clock.ran() + waitMs, waitMs: Math.min(2 * waitMs, AGAIN_AT_MOST_MS) })
    })
    const soonest = toFind(tools, own).reduce((least, sought) => Math.min(least, nextAt(sought) - clock.ran()), LOOK_EVERY_MS)
    if (isAlone && unknown.length > 0) await people.changes.nextWithin(clock, LOOK_EVERY_MS, signal)
    else await clock.wait(Math.max(1_000, soonest), { signal })
  }
}

/** What is looked for: a content, or the link of a file. */
interface Sought {
  /** The content, or the group of the link. */
  readonly key: object
  /** Opens its groups: what is not looked for yet stays closed. */
  readonly groups: () => readonly OwnGroup[]
  readonly fileKey: FileKey
  /** Undefined for a link. */
  readonly content: Content | undefined
}

/** Returns what is to be found: contents, the newest first, then links. */
function toFind(tools: StoreTools, own: OwnFiles): readonly Sought[] {
  const contents = newestFirst(tools, own.contents().filter(isToFind))
  const links = own.all().flatMap(({ link, linkKey }): readonly Sought[] => {
    const isUnknown = link !== undefined && link.segments.size === 0 && link.note.tombstone === null
    return isUnknown && linkKey !== undefined ? [{ key: link, groups: () => [link], fileKey: linkKey, content: undefined }] : []
  })
  return [...contents.map((content) => ({ key: content, groups: () => content.open(), fileKey: content.fileKey, content })), ...links]
}

/** Of what another device stores, people may have all although that device did not come to say so. */
function isToFind(content: Content): boolean {
  return isUnsought(content) || (content.elsewhere !== undefined && content.groups.length > 0)
}

/** Looks at the holders that an earlier run wrote down and did not come to look at. Throws `signal.reason`. */
async function lookAgain(tools: StoreTools, own: OwnFiles, signal: AbortSignal): Promise<void> {
  const isShort = (content: Content): boolean => contentHealth(content, tools, tools.parts.clock.now()).known < (content.code?.n ?? 0)
  const short = own.contents().filter((content) => content.note.isStored && !isUnsought(content) && isShort(content))
  const groups = short.flatMap((content) => content.groups)
  await mapLimited(groups, AT_ONCE, async (group) => {
    const claims = [...tools.journal.claims(group.groupId).values()].filter(({ length }) => length > 0)
    const read = claims.map((bytes) => ({ ...readClaim(bytes), bytes }))
    await lookAtHolders(tools, group, read, signal).catch((error: unknown) => {
      signal.throwIfAborted()
      ignoreKnownErrors(error)
    })
  })
}

function newestFirst({ vault }: StoreTools, contents: readonly Content[]): readonly Content[] {
  const madeAt = ({ id }: Content): number => {
    const entry = vault.entries.get(idFromHex(id))
    return entry === undefined ? 0 : Math.max(...stampsOf(entry).map(({ ms }) => ms))
  }
  return contents
    .map((content) => ({ content, at: madeAt(content) }))
    .toSorted((a, b) => b.at - a.at)
    .map(({ content }) => content)
}

/** Resolves with whether it was found, and is written down. Throws `signal.reason`, and what is no known error. */
async function adopt(tools: StoreTools, own: OwnFiles, sought: Sought, signal: AbortSignal): Promise<boolean> {
  const { parts, people } = tools
  const { content } = sought
  const attempt = new AbortController()
  const until = AbortSignal.any([signal, attempt.signal])
  const reading = startReading(parts, people, until)
  // It waits for nobody: others may be found meanwhile.
  const onWaiting: OnWaiting = (error) => {
    if (error !== undefined) attempt.abort(error)
  }
  try {
    const claimsByGroup = new Map<OwnGroup, readonly CheckedClaim[]>()
    for (const group of sought.groups().filter(({ segments }) => segments.size === 0)) {
      const found = await findGroup(tools, reading, sought, group, onWaiting, until)
      await write(tools, own, sought, group, found)
      claimsByGroup.set(group, found.claims)
      if (found.segments.size === 0) return false
    }
    if (content !== undefined) await noteStoredAt(tools, [content])
    tools.changes.tell()
    for (const [group, claims] of claimsByGroup) await lookAtHolders(tools, group, claims, signal)
    return true
  } catch (error) {
    signal.throwIfAborted()
    // What cannot be read or written now is by a later try.
    ignoreKnownErrors(error)
    // No search will find again what was ended.
    if (content !== undefined && codeOf(error) === 'link-expired') content.soughtMs = parts.policy.presence.lostAfterMs
    return sought.groups().every(({ segments }) => segments.size > 0)
  } finally {
    attempt.abort(new HoardError('stream-closed', { reason: 'the search is over' }))
    tools.changes.tell()
  }
}

/** What people have of a group. */
interface FoundGroup {
  readonly note: GroupNote
  /** None while the term is over: its people give nothing before they have a new charter. */
  readonly segments: ReadonlyMap<number, PlacedSegment>
  readonly object: RootObject | undefined
  /** Of those who say that they keep something of it. */
  readonly claims: readonly CheckedClaim[]
}

/** Throws HoardError 'not-found' | 'too-few-shards' | 'link-expired' | 'manifest-unreadable'; `signal.reason`. */
async function findGroup(
  { parts, people }: StoreTools,
  reading: ReadParts,
  sought: Sought,
  group: OwnGroup,
  onWaiting: OnWaiting,
  signal: AbortSignal,
): Promise<FoundGroup> {
  const said = new Map<PeerId, CheckedClaim>()
  let bytes = 0
  const known = unknownGroup(group.groupId, parts.clock, (claim) => {
    const more = claim.bytes.length - (said.get(claim.holder)?.bytes.length ?? 0)
    if (bytes + more > CLAIM_BYTES || claim.rows.length === 0) return
    bytes += more
    said.set(claim.holder, claim)
  })
  await locateGroup(parts, people, known, { signal })
  const paper = known.roll.paper()
  if (paper === undefined) throw new HoardError('not-found', { object: 'charter' })
  if (paper.is === 'tombstone') throw new HoardError('link-expired', { reason: 'ended by its owner' })
  const { root, until, grace } = paper.charter
  if (root === null) throw new HoardError('too-few-shards', { object: 'charter' })
  const manifestR = root.kind === recordKinds.manifest ? root.r : new Uint8Array()
  const isNewer = paper.seq > group.note.seq
  const note = { ...group.note, ...(isNewer && { seq: paper.seq, charter: paper.bytes, until, hasRoot: true }), manifestR }
  const isOver = until + grace < people.papers.passed()
  const opened = { known, root, groupKey: paper.groupKey }
  const { segments, object } = isOver ? nothing : await readSegments(reading, sought, group, opened, onWaiting, signal)
  return { note, segments, object, claims: [...said.values()].filter(({ holder }) => (people.known(holder)?.lies ?? 0) === 0) }
}

type FoundSegments = Pick<FoundGroup, 'segments' | 'object'>
const nothing: FoundSegments = { segments: new Map(), object: undefined }

/** Returns the segments that the charter names, each by its descriptor, which proves itself. Throws like `findGroup`. */
async function readSegments(
  reading: ReadParts,
  { content, fileKey, groups }: Sought,
  group: OwnGroup,
  opened: OpenGroup,
  onWaiting: OnWaiting,
  signal: AbortSignal,
): Promise<FoundSegments> {
  const { root } = opened
  const { link, content: whole, manifest } = recordKinds
  const isRight = content === undefined ? root.kind === link : root.kind === whole || root.kind === manifest
  if (!isRight) throw new HoardError('manifest-unreadable', { kind: root.kind })
  const top = root.kind === whole ? undefined : await readSealedRoot(reading, opened, fileKey, onWaiting, signal)
  const records = content?.records[groups().indexOf(group)] ?? 0
  const rowsOf = () => (top === undefined ? [{ segmentId: root.segmentId, records }] : decodeManifest(top.object).rows)
  const rows = content === undefined ? [] : rowsOf()
  const listed = rows.reduce((sum, row) => sum + row.records, 0)
  if (listed !== records) throw new HoardError('manifest-unreadable', { records, listed })
  const read = async ({ segmentId, records: own }: { readonly segmentId: SegmentId; readonly records: number }): Promise<PlacedSegment> => {
    const segment = newSegment(encodeDescriptor(await readDescriptor(reading, segmentJob(reading, opened, segmentId, onWaiting), signal)))
    if (recordsIn(segment.descriptor.sealedLength) !== own) throw new HoardError('manifest-unreadable', { records: own })
    if (content?.note.isStored === false) assertKept(opened.known, segment)
    return segment
  }
  const segments = new Map([...(await mapLimited(rows, AT_ONCE, read)).entries()])
  if (top === undefined) return { segments, object: undefined }
  const { descriptor, sealed, object } = top
  segments.set(ROOT_PLACE, newSegment(encodeDescriptor(descriptor)))
  return { segments, object: sealed.length > ROOT_BYTES ? undefined : { digest: digestOfRoot(object), sealed } }
}

/** Throws HoardError 'too-few-shards' unless people say themselves that they keep k different pieces of the segment. */
function assertKept({ evidence }: KnownGroup, { segmentId, descriptor: { k } }: PlacedSegment): void {
  const here = new Set(counted(evidence.keepersOf(segmentId)).map(({ index }) => index)).size
  if (here < k) throw new HoardError('too-few-shards', { object: 'segment', here, needed: k })
}

/** Writes down what was found of a group, and, with the last group of a content, its note. Throws what the journal throws. */
async function write(tools: StoreTools, own: OwnFiles, { content, groups }: Sought, group: OwnGroup, found: FoundGroup): Promise<void> {
  const { parts, journal } = tools
  const { groupId } = group
  const { note, segments, object, claims } = found
  const isThere = (): boolean => (content === undefined ? own.all().some(({ link }) => link === group) : own.contents().includes(content))
  const make = (): ReturnType<Parameters<typeof journal.change>[1]> => {
    // It was removed or sealed meanwhile: nothing of this is to be left here.
    if (!isThere() || group.note.tombstone !== null || group.segments.size > 0) throw new HoardError('not-found', { object: 'file' })
    const isLast = segments.size > 0 && groups().every((each) => each === group || each.segments.size > 0)
    const byGroup = groups().map((each) => (each === group ? segments : each.segments))
    const fileNote = content !== undefined && isLast ? noteOf(content, cutOf(content.size, byGroup, parts.policy)) : undefined
    const notes: readonly Note[] = [
      { of: 'group', groupId, note },
      ...(object === undefined ? [] : [{ of: 'root', groupId, object } as const]),
      ...[...segments].map(([at, segment]): Note => ({ of: 'segment', groupId, at, segment, keepers: [] })),
      ...claims.map(({ holder, bytes }): Note => ({ of: 'claim', groupId, holder, claim: bytes })),
      ...(content !== undefined && fileNote !== undefined ? [{ of: 'file', id: content.id, note: fileNote } as const] : []),
    ]
    return {
      notes,
      assign() {
        const kept: Kept<OwnGroup, 'note' | 'segments' | 'rootObject'> = group
        kept.note = note
        kept.segments = segments
        kept.rootObject = object
        for (const { holder, bytes } of claims) putClaim(group.roll, holder, bytes, parts.clock.now())
        if (content !== undefined && fileNote !== undefined) become(content, fileNote)
      },
    }
  }
  if (content === undefined) return journal.change(group, make)
  content.adopting = journal.change(content, make, group)
  await content.adopting
}

function noteOf({ sealedBytes }: Content, cut: Cut | undefined): FileNote {
  return { sealedBytes, isPaused: false, isStored: true, hasOutbox: false, ...(cut !== undefined && { cut }) }
}

function become(content: Content, note: FileNote): void {
  const kept: Kept<Content, 'note'> = content
  kept.note = note
  content.soughtMs = 0
  content.elsewhere = undefined
  if (note.cut === undefined) return
  const { k, m, n, segments } = note.cut
  content.code = { k, m, n }
  content.segmentCount = segments
  countPlans(content, splitPlans(content), content.code)
}
