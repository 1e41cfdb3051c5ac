import { hex, type Bytes } from '../../core/bytes.ts'
import { ignoreKnownErrors } from '../../core/errors.ts'
import type { PeerId } from '../../core/ids.ts'
import type { DeviceId, EntryId } from '../../core/vault/entry-id.ts'
import { kindOf, stampsOf, type VaultEntry } from '../../core/vault/entry.ts'
import { compareStamps, type Stamp } from '../../core/vault/hybrid-time.ts'
import { vaultGroupOf } from '../../core/vault/log-entry.ts'
import { nothingSeen } from '../../core/vault/frontier.ts'
import { vaultStateOf, type OpenedEntry } from '../../core/vault/log-reading.ts'
import { createVaultTree } from '../../core/vault/tree.ts'
import type { OwnerKeys } from '../../core/words.ts'
import { firstOf } from '../../flow/first-of.ts'
import { mapLimited } from '../../flow/map-limited.ts'
import { getLog } from '../../protocol/log/ask-log.ts'
import type { PeerParts } from '../api/peer-parts.ts'
import { locateGroup, unknownGroup, type KnownGroup } from '../fetching/locate-group.ts'
import type { People } from '../people/people.ts'
import { chooseTaken, fetchAhead, openOffered, type FetchLayer } from '../vault/take-log.ts'
import { layersFrom } from './fetch-layer.ts'

/** A vault that people have, as it can be taken by an empty one. */
export interface FoundVault {
  /** Its log, and how to have the layers that it names: for `LocalVault.take`. */
  readonly log: readonly Bytes[]
  readonly fetchLayer: FetchLayer
  readonly entries: ReadonlyMap<EntryId, VaultEntry>
  /** Number of files that are shown. */
  readonly files: number
  /** When the newest change was made, by the clock of the device that made it, Unix milliseconds. */
  readonly changedAt: number
  readonly changedBy: DeviceId
  /** What that device calls itself; undefined where it did not say. */
  readonly label: string | undefined
  /** Number of people whose logs were read. */
  readonly people: number
  /** Number of slots of which somebody has seen more than anybody gave. SPEC VLT17. */
  readonly missing: number
  /** Number of lists that nobody gives all layers of: what they have is not in it yet. */
  readonly unread: number
}

/** What a search has come to so far: nobody is known who keeps it, or those who do cannot give all of it yet. */
export type SearchNews =
  { readonly is: 'looking'; readonly people: number } | { readonly is: 'incomplete'; readonly people: number; readonly unread: number }

/** Logs that are read before they are taken for all there is: one holder may lag behind, or hold something back. */
const LOGS_ENOUGH = 5
/** Most people asked in one round; side by side. */
const [ASKED_AT_MOST, AT_ONCE] = [16, 6]
const LOOK_AGAIN_MS = 5_000
/** How long one layer is waited for in a round: somebody else may come with a newer list. */
const LAYER_MS = 60_000
/** Rounds after which a vault with a list that cannot be read is given as it is. */
const ROUNDS_FOR_ALL = 4

/**
 * Looks for the vault of `keys` among people until somebody gives it: the logs of five of them, or of all that are found, joined, and the layers
 * that its lists name. It writes nothing. An empty vault is never found: it goes on looking, and tells `onLooked` after every round.
 * @throws `signal.reason`
 * Source: core SPEC.md VLT28.
 */
export async function findVault(
  parts: PeerParts,
  people: People,
  keys: Pick<OwnerKeys, 'vaultAead' | 'lease'>,
  { signal, onLooked = () => undefined }: { readonly signal: AbortSignal; readonly onLooked?: (news: SearchNews) => void },
): Promise<FoundVault> {
  const group = vaultGroupOf(keys.lease)
  const known = unknownGroup(group.groupId, parts.clock)
  const read = { group, vaultAead: keys.vaultAead }
  const fetchLayer = layersFrom(parts, people, { known, groupKey: group.groupKey }, signal, LAYER_MS)
  let rounds = 0
  for (;;) {
    await locateGroup(parts, people, known, { signal })
    const logs = await readLogs(parts, people, known, signal)
    const opened = openOffered(logs.entries, read, [], nothingSeen)
    const found = opened.length === 0 ? undefined : await openVault(opened, fetchLayer)
    if (found !== undefined && (found.unread === 0 || rounds >= ROUNDS_FOR_ALL)) return { ...found, people: logs.people }
    if (found !== undefined) rounds++
    onLooked(found === undefined ? { is: 'looking', people: logs.people } : { is: 'incomplete', people: logs.people, unread: found.unread })
    await somebodyComes(parts, people, known, signal)
  }
}

/** Returns the entries that those who keep the group give, each once. Who answers wrongly or not at all is passed over. */
async function readLogs(
  { network, clock }: PeerParts,
  people: People,
  known: KnownGroup,
  signal: AbortSignal,
): Promise<{ readonly entries: readonly Bytes[]; readonly people: number }> {
  const entries = new Map<string, Bytes>()
  const keepers = known.evidence.holders().filter((peer) => (people.known(peer)?.lies ?? 0) === 0)
  let answers = 0
  const ask = async (peer: PeerId): Promise<void> => {
    if (answers >= LOGS_ENOUGH) return
    try {
      const log = await getLog(network, clock, peer, known.groupId, [], { signal, hops: people.known(peer)?.hops ?? [] })
      for (const bytes of log) entries.set(hex(bytes), bytes)
      if (log.length > 0) answers++
    } catch (error) {
      signal.throwIfAborted()
      ignoreKnownErrors(error)
    }
  }
  await mapLimited(keepers.slice(0, ASKED_AT_MOST), AT_ONCE, ask)
  return { entries: [...entries.values()], people: answers }
}

/** Returns what the entries and their layers say; undefined when that is nothing. */
async function openVault(opened: readonly OpenedEntry[], fetchLayer: FetchLayer): Promise<Omit<FoundVault, 'people'> | undefined> {
  const here = { known: [], floors: nothingSeen, had: new Set<string>() }
  const ahead = await fetchAhead(opened, here, fetchLayer)
  const { layers, log, unread } = await chooseTaken(opened, here, ahead)
  const { entries } = vaultStateOf(
    layers.flatMap((layer) => layer.entries),
    log,
  )
  const newest = newestOf(entries.values())
  if (newest === undefined) return undefined
  const tree = createVaultTree(entries.values())
  const files = [...entries.values()].filter((entry) => kindOf(entry) === 'file' && tree.folderOf(entry.id) !== undefined).length
  // The entry of a device has its id.
  const device = entries.get(newest.device)
  return {
    log: opened.map(({ entry }) => entry.bytes),
    fetchLayer: ahead,
    entries,
    files,
    changedAt: newest.ms,
    changedBy: newest.device,
    label: device?.name?.value,
    missing: log.missing.size,
    unread,
  }
}

function newestOf(entries: Iterable<VaultEntry>): Stamp | undefined {
  let newest: Stamp | undefined
  for (const entry of entries)
    for (const stamp of stampsOf(entry)) if (newest === undefined || compareStamps(stamp, newest) > 0) newest = stamp
  return newest
}

/** Resolves when it may be worth asking again. */
async function somebodyComes({ clock }: PeerParts, people: People, known: KnownGroup, signal: AbortSignal): Promise<void> {
  const stopSeeking = people.seek()
  try {
    await firstOf(
      signal,
      (until) => people.changes.next(until),
      (until) => known.changes.next(until),
      (until) => clock.wait(LOOK_AGAIN_MS, { signal: until }),
    )
  } finally {
    stopSeeking()
  }
}
