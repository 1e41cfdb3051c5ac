import { equalBytes } from '../core/bytes.ts'
import { readLink } from '../core/link-text.ts'
import type { PeerId } from '../core/ids.ts'
import type { Changes } from '../flow/changes.ts'
import { createLimiter } from '../flow/limiter.ts'
import { createRates } from '../flow/rates.ts'
import type { GroupHost } from '../protocol/group.ts'
import type { FileView } from './api/file-view.ts'
import type { FolderView, TrashView } from './api/tree-view.ts'
import type { FilesFacet, LinksFacet, TreeFacet, YouFacet } from './api/peer.ts'
import type { PeerParts } from './api/peer-parts.ts'
import type { careForFiles } from './care-for-files.ts'
import type { CheckedGroups } from './checking/check-holders.ts'
import { createKnownPieces, type KnownPieces } from './checking/known-pieces.ts'
import type { Ending, openEnding } from './files/ending/ending.ts'
import { createCheckedBytes } from './files/checked-bytes.ts'
import { openOwnFile } from './files/open-own-file.ts'
import type { LoadedFreeCopy, LoadedKeepers, LoadedPacks, LoadedRemoval, LoadedVersions } from './files/late-files.ts'
import { openOwnFiles } from './files/own-files.ts'
import { createOwnRolls } from './files/own-rolls.ts'
import { placedBytes } from './files/placed-bytes.ts'
import { createHeardRepairs } from './groups/heard-repairs.ts'
import { claimIn, openJournal } from './groups/journal.ts'
import { compareOwnGroups } from './groups/own-compared.ts'
import type { OwnGroup } from './groups/own-group.ts'
import { createOwnNews } from './groups/own-news.ts'
import type { StoreTools } from './groups/owner-tools.ts'
import type { Holder } from './holding/holder.ts'
import type { LoadedRecoding } from './late-recoding.ts'
import { openLate } from './open-late.ts'
import { openLink } from './links/open-link.ts'
import { createLines } from './people/lines.ts'
import type { People } from './people/people.ts'
import type { openPublishing, Published, Publishing } from './publishing/publish-vault.ts'
import type { RollHolder } from './roll/roll.ts'
import type { ComparedGroups } from './roll/compared-groups.ts'
import { createRepairNews } from './roll/tell-repair.ts'
import type { Content } from './storing/content.ts'
import { openConfirmedWords, type WordsFacts } from './vault/confirmed-words.ts'
import { hasOldLog } from './vault/log-rows.ts'
import type { importOldVault } from './vault/old-vault.ts'
import { createOwnerKeyring } from './vault/owner.ts'
import { openLocalVault } from './vault/local-vault.ts'
import type { createTreeActs, TreeActs } from './tree/tree-acts.ts'
import { createTreeViews } from './tree/view-tree.ts'
import { createFileRows } from './file-rows.ts'

/** What the owner's half needs of the rest of a peer. */
export interface OwnerAsked {
  readonly parts: PeerParts
  readonly people: People
  readonly holder: Pick<Holder, 'keptFor' | 'check'>
  readonly known: KnownPieces
  /** Told whenever anything about an own file has changed. */
  readonly changes: Changes
  /** Tells since when a person is lost. */
  readonly lostSince: (person: Pick<RollHolder, 'holder' | 'takenAt'>) => number | undefined
  /** Loads what is needed only once files are stored, or where an earlier version of the app has stored some. */
  readonly late: {
    readonly loadCare: () => Promise<LoadedCare>
    readonly loadRecoding: () => Promise<LoadedRecoding>
    readonly loadOldVault: () => Promise<LoadedOldVault>
    readonly loadPublishing: () => Promise<LoadedPublishing>
    readonly loadPacks: () => Promise<LoadedPacks>
    readonly loadVersions: () => Promise<LoadedVersions>
    readonly loadKeepers: () => Promise<LoadedKeepers>
    readonly loadFreeCopy: () => Promise<LoadedFreeCopy>
    readonly loadRemoval: () => Promise<LoadedRemoval>
    readonly loadTreeActs: () => Promise<LoadedTreeActs>
    readonly loadEnding: () => Promise<LoadedEnding>
  }
}

/** The module that gives the owner's list of files to people. */
export interface LoadedPublishing {
  readonly openPublishing: typeof openPublishing
}

/** The module that changes the tree of folders. */
export interface LoadedTreeActs {
  readonly createTreeActs: typeof createTreeActs
}

/** The module that ends what nothing names any more. */
export interface LoadedEnding {
  readonly openEnding: typeof openEnding
}

/** The module that cares for the owner's files once they are stored. */
export interface LoadedCare {
  readonly careForFiles: typeof careForFiles
}

/** The module that reads the log before folders, once. */
export interface LoadedOldVault {
  readonly importOldVault: typeof importOldVault
}

/** The owner's half of a peer: what only whoever has the keys can do. The other half, which keeps pieces for others, knows none of it. */
export interface OwnerHalf {
  readonly facets: FilesFacet & TreeFacet & LinksFacet & Pick<YouFacet, 'recoveryWords' | 'noteWordsConfirmed' | 'devices' | 'removeDevice'>
  /** All contents of this owner, for the counts of people who share groups with this device. */
  contents(): readonly Content[]
  /** What people keep for this owner by checks of the last days, bytes. SPEC ADM4. */
  keptElsewhere(): ReadonlyMap<PeerId, number>
  /** What a snapshot shows of it. */
  view(): OwnerView
  /** Resolves once no store writes any more, after it was closed. */
  settled(): Promise<unknown>
  /** Own groups, to be compared with others. */
  readonly compared: ComparedGroups
  /** Their rolls, to be checked. */
  readonly checked: CheckedGroups
  /** Returns `host` with TELL and REPAIRING answered for own groups too. */
  inFrontOf(host: GroupHost): GroupHost
  /** Cares for stored files until the peer closes. */
  care(): Promise<void>
}

/** The part of a snapshot that is the owner's. */
export interface OwnerView {
  readonly files: readonly FileView[]
  readonly folders: readonly FolderView[]
  readonly trash: readonly TrashView[]
  /** Whether a part of the vault cannot be read here. */
  readonly isIncomplete: boolean
  readonly words: WordsFacts
  readonly list: Published
  /** Shard bytes of own files that each person keeps: read back, or placed by this device. */
  readonly bytesForMe: ReadonlyMap<PeerId, number>
}

/** Files whose pieces are placed side by side. */
const STORES_AT_ONCE = 3
/** Nothing is known yet of where the list of files is. */
const unpublished: Published = { people: 0, at: undefined, isBehind: false }
/** Share of lostAfterMs for which a device looks around after its start before it sends anything anew. SPEC PLC4. */
const LOOK_AROUND_SHARE = 1 / 4

/**
 * Opens the owner's half over the records of this device and goes on with unfinished stores; `signal` ends everything.
 * @throws HoardError 'storage-damaged' | 'storage-unavailable' when these records cannot be read
 */
export async function openOwner(asked: OwnerAsked, signal: AbortSignal): Promise<OwnerHalf> {
  const { parts, people, holder, known, changes, lostSince, late } = asked
  const { network, clock, policy } = parts
  const words = await openConfirmedWords(parts.catalog)
  const keyring = createOwnerKeyring(parts, words.refresh)
  const startedRan = clock.ran()
  const hasLookedAround = (): boolean => clock.ran() - startedRan >= policy.presence.lostAfterMs * LOOK_AROUND_SHARE
  const journal = await openJournal(parts)
  const vault = await openLocalVault(parts, keyring)
  if (await hasOldLog(parts.catalog)) await (await late.loadOldVault()).importOldVault(parts, vault, keyring)
  const heard = createHeardRepairs(clock, policy, changes, signal)
  const tools: StoreTools = {
    parts,
    people,
    journal,
    vault,
    keyring,
    changes,
    lines: createLines(parts, people, signal),
    limiter: createLimiter(STORES_AT_ONCE),
    isPartner: (person) => holder.keptFor(person) > 0,
    refusedUntil: new Map(),
    busyRepairing: new Set(),
    repairs: heard,
    repairNews: createRepairNews(parts, people, { roll: journal.roll, claim: claimIn(journal) }, signal),
    known,
    patient: createKnownPieces(parts, people, (person) => (hasLookedAround() ? lostSince(person) : undefined)),
  }
  const pause = (ms: number): Promise<void> => clock.wait(ms, { signal })
  let ending: Ending | undefined
  const own = await openOwnFiles(tools, { ...late, endUnnamed: async () => ending?.look() }, signal)
  const openingEnding = openLate(late.loadEnding, (module) => module.openEnding(tools, own, signal), pause)
  openingEnding.then(
    (opened) => (ending = opened),
    (error: unknown) => {
      if (!signal.aborted) throw error
    },
  )
  let publishing: Publishing | undefined
  openLate(late.loadPublishing, async (module) => module.openPublishing(tools, parts.isVisible ?? (() => true), signal), pause).then(
    (opened) => {
      publishing = opened
      opened.changes.watch(changes.tell)
    },
    (error: unknown) => {
      if (!signal.aborted) throw error
    },
  )
  const listGroup = (): readonly OwnGroup[] => [publishing?.group()].filter((group) => group !== undefined)
  const ownGroups = (): readonly OwnGroup[] => [
    ...listGroup(),
    ...own.contents().flatMap(({ groups }) => groups),
    ...own.all().flatMap(({ link }) => (link === undefined ? [] : [link])),
  ]
  const news = createOwnNews(
    tools,
    (groupId) => listGroup().find((group) => equalBytes(group.groupId, groupId)) ?? own.group(groupId),
    heard,
    holder.check,
    signal,
  )
  const tree = createTreeViews(vault, policy.trash.ownerMs)
  const acts = async (): Promise<TreeActs> => {
    const { createTreeActs } = await late.loadTreeActs()
    return createTreeActs(parts, vault, () => {
      own.runNamed()
      changes.tell()
    })
  }
  const rows = createFileRows({ ...tools, rates: createRates(clock) }, tree)
  return {
    contents: own.contents,
    keptElsewhere: createCheckedBytes(clock, changes, () => ({ contents: own.contents(), people, known })),
    settled: own.settled,
    view: () => ({
      files: rows.look(own.shown()),
      folders: tree.folders(),
      trash: tree.trash(),
      isIncomplete: vault.isIncomplete,
      words: words.facts(),
      list: publishing?.published() ?? unpublished,
      bytesForMe: placedBytes(own.contents()),
    }),
    compared: compareOwnGroups(journal, ownGroups, people.papers.now, { self: network.self, lostSince }),
    checked: createOwnRolls(tools, ownGroups),
    inFrontOf: (host) => publishing?.inFrontOf(news.inFrontOf(host)) ?? news.inFrontOf(host),
    async care() {
      while (own.contents().length === 0) await changes.next(signal)
      const care = await openLate(late.loadCare, async (module) => module, pause)
      await care.careForFiles(tools, own, news, late.loadRecoding, signal)
    },
    facets: {
      storeFiles: own.store,
      pause: own.pause,
      resume: own.resume,
      cancel: own.cancel,
      retry: own.retry,
      freeCopy: own.freeCopy,
      remove: own.remove,
      createFolder: async (...given) => (await acts()).createFolder(...given),
      rename: async (...given) => (await acts()).rename(...given),
      move: async (...given) => (await acts()).move(...given),
      discard: async (...given) => (await acts()).discard(...given),
      putBack: async (...given) => (await acts()).putBack(...given),
      emptyTrash: own.emptyTrash,
      versions: async (id) => (await own.versions()).versions(id),
      useVersion: async (id, versionId) => (await own.versions()).useVersion(id, versionId),
      removeVersion: async (id, versionId) => (await own.versions()).removeVersion(id, versionId),
      openFile: async (id, versionId) => {
        const file = versionId === undefined ? own.get(id) : (await own.versions()).readable(id, versionId)
        return openOwnFile(parts, people, file, signal)
      },
      keepers: async (id) => (await late.loadKeepers()).viewHolders(own.get(id).content, tools),
      counted: async (id) => (await late.loadKeepers()).reliedPieces(own.get(id).content, tools, clock.now()),
      share: own.share,
      stopSharing: own.stopSharing,
      openLink: (text) => openLink(parts, people, readLink(text)),
      recoveryWords: async () => (await keyring.ensure()).words,
      devices: async () => (await openingEnding).devices(),
      removeDevice: async (id) => (await openingEnding).removeDevice(id),
      noteWordsConfirmed: () => words.note().then(changes.tell),
    },
  }
}
