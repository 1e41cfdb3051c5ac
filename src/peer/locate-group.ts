import { equalBytes, hex } from '../core/bytes.ts'
import { checkCharter, checkTombstone, newerPaper, type Paper } from '../core/charter.ts'
import { checkClaim } from '../core/claim.ts'
import type { GroupId, PeerId, SegmentId } from '../core/ids.ts'
import { askWho } from '../protocol/group.ts'
import { createChanges, type Changes } from './changes.ts'
import { createLanes } from './lanes.ts'
import type { PeerParts } from './parts.ts'
import type { People } from './people.ts'

/** A claim whose signature and limits hold. */
export type CheckedClaim = ReturnType<typeof checkClaim>

/** Which people say that they keep which pieces of a group, and its newest charter or tombstone. */
export interface GroupPlace {
  readonly groupId: GroupId
  paper: Paper | undefined
  readonly claimByHolder: Map<PeerId, CheckedClaim>
  /** Told of every answer that was taken in. */
  readonly changes: Changes
  /** The round of asking that is under way. */
  search: Promise<void> | undefined
}

const HOLDERS_AT_MOST = 256
const ASK_AT_ONCE = 6
const FIND_MS = 5_000

/** Returns a place about which nothing is known yet. */
export function unknownPlace(groupId: GroupId): GroupPlace {
  return { groupId, paper: undefined, claimByHolder: new Map(), changes: createChanges(), search: undefined }
}

/**
 * Asks hints, whoever is near or comes near meanwhile and whom the directory names, all at once, and takes in what checks;
 * `place.changes` tells of every answer. Resolves when the directory has looked and all have answered or failed; a call while a round is
 * under way waits for that round.
 * @param hints peers that were named as its holders
 */
export function locateGroup(
  parts: PeerParts,
  people: People,
  place: GroupPlace,
  { hints = [], signal }: { readonly hints?: readonly PeerId[]; readonly signal: AbortSignal },
): Promise<void> {
  place.search ??= askEverybody(parts, people, place, hints, signal).finally(() => {
    place.search = undefined
  })
  return place.search
}

async function askEverybody(
  parts: PeerParts,
  people: People,
  place: GroupPlace,
  hints: readonly PeerId[],
  signal: AbortSignal,
): Promise<void> {
  const asked = new Set<PeerId>([parts.network.self])
  const lanes = createLanes(ASK_AT_ONCE)
  const asking = new Set<Promise<void>>()
  const ask = (peers: readonly PeerId[]): void => {
    for (const peer of peers) {
      if (asked.has(peer)) continue
      asked.add(peer)
      const one = lanes.run(() => askOne(parts, people, place, peer, signal), signal).catch(() => undefined)
      asking.add(one)
      void one.finally(() => asking.delete(one))
    }
  }
  const allAnswered = async (): Promise<void> => {
    while (asking.size > 0) await Promise.all(asking)
    signal.throwIfAborted()
  }
  // A page that has just opened meets its first people while the directory is still looking.
  const stopWatching = people.changes.watch(() => ask(people.near()))
  try {
    ask([...people.near(), ...hints, ...place.claimByHolder.keys()])
    if (place.paper === undefined) ask(await findAnnounced(parts, place.groupId, signal))
    await allAnswered()
    ask([...place.claimByHolder.keys()].slice(0, 4))
    await allAnswered()
  } finally {
    stopWatching()
  }
}

async function askOne(parts: PeerParts, people: People, place: GroupPlace, peer: PeerId, signal: AbortSignal): Promise<void> {
  const { paper, claims } = await askWho(parts.network, parts.clock, peer, place.groupId, { signal, hops: people.of(peer).hops })
  if (paper !== undefined) takePaper(parts, place, paper)
  for (const bytes of claims) takeClaim(parts, place, bytes)
  place.changes.tell()
}

/** Returns who keeps which piece of a segment, by piece. Whoever stated wrong bytes before is left out. */
export function holdersOf(place: GroupPlace, people: People, segmentId: SegmentId): Map<number, PeerId[]> {
  const holdersByIndex = new Map<number, PeerId[]>()
  for (const { holder, rows } of place.claimByHolder.values()) {
    if (people.of(holder).lies > 0) continue
    for (const row of rows) {
      if (!equalBytes(row.segmentId, segmentId)) continue
      const holders = holdersByIndex.get(row.index)
      if (holders === undefined) holdersByIndex.set(row.index, [holder])
      else holders.push(holder)
    }
  }
  return holdersByIndex
}

async function findAnnounced({ clock, directory }: PeerParts, groupId: GroupId, signal: AbortSignal): Promise<PeerId[]> {
  const enough = new AbortController()
  const found: PeerId[] = []
  const timer = clock.wait(FIND_MS, { signal: AbortSignal.any([signal, enough.signal]) }).then(
    () => enough.abort(new Error('looked long enough')),
    () => undefined,
  )
  try {
    for await (const peer of directory.find(groupId, { signal: AbortSignal.any([signal, enough.signal]) })) {
      found.push(peer)
      if (found.length >= 8) break
    }
  } catch {
    signal.throwIfAborted()
  }
  enough.abort(new Error('found enough'))
  await timer
  return found
}

function takePaper(
  { clock }: PeerParts,
  place: GroupPlace,
  answer: { readonly is: 'charter' | 'tombstone'; readonly bytes: Uint8Array },
): void {
  const check = answer.is === 'charter' ? checkCharter : checkTombstone
  const paper = check(answer.bytes, clock.now())
  if (hex(paper.groupId) !== hex(place.groupId)) return
  place.paper = place.paper === undefined ? paper : newerPaper(place.paper, paper)
}

function takeClaim({ clock }: PeerParts, place: GroupPlace, bytes: Uint8Array): void {
  const claim = checkClaim(bytes, clock.now())
  if (!equalBytes(claim.groupId, place.groupId)) return
  const known = place.claimByHolder.get(claim.holder)
  if (known !== undefined && known.seq >= claim.seq) return
  if (known === undefined && place.claimByHolder.size >= HOLDERS_AT_MOST) return
  place.claimByHolder.set(claim.holder, claim)
}
