import { equalBytes } from '../../core/bytes.ts'
import type { GroupId } from '../../core/ids.ts'
import { largestFile, sortDrop } from '../../core/file-limits.ts'
import type { DroppedFile, StoreOptions } from '../api/peer.ts'
import type { Content } from '../storing/content.ts'
import { openContents } from './contents.ts'
import { draftDrop, type StoredDrop } from './dropping/draft-drop.ts'
import { planDrop } from './dropping/plan-drop.ts'
import type { FileVersions } from './file-versions.ts'
import type { LateFiles } from './late-files.ts'
import { tellEnded } from '../groups/end-group.ts'
import { isFile, isPacked, toOwnFile, filesByContent, type OwnFile } from './own-file.ts'
import { openOwnGroup, type OwnGroup } from '../groups/own-group.ts'
import type { Packs } from './packs.ts'
import { createOwnLinks } from './own-links.ts'
import type { Removal } from './remove-entries.ts'
import { shownFolder } from '../tree/tree-parts.ts'
import type { StoreTools } from '../groups/owner-tools.ts'
import { HoardError, ignoreKnownErrors } from '../../core/errors.ts'
import { idFromHex, idHex, type EntryId } from '../../core/vault/entry-id.ts'
import { currentVersion, type VaultEntry } from '../../core/vault/entry.ts'
import type { FolderId } from '../../core/vault/tree.ts'
import type { SharedLink } from '../../core/vault/fields.ts'
import { createNamedRuns } from './run-named.ts'
import type { Stamp } from '../../core/vault/hybrid-time.ts'
import { createShownFiles, followVault } from './files-of-vault.ts'

/** The files of this owner on this device. Every method resolves once its effect is durable. */
export interface OwnFiles {
  /** All that are not deleted for good. */
  all(): readonly OwnFile[]
  /** Those that are not in the trash: while they are the same, the same list. */
  shown(): readonly OwnFile[]
  /** The contents that carry the files, packs under way included. */
  contents(): readonly Content[]
  /** Returns the group of this owner with that id, of a content or a link. */
  group(groupId: GroupId): OwnGroup | undefined
  /** Returns the file named `id`. Throws HoardError 'not-found'. */
  get(id: string): OwnFile
  /** Throws HoardError 'file-refused' once all others are in. */
  store(dropped: readonly DroppedFile[], options?: StoreOptions): Promise<readonly string[]>
  pause(id: string): Promise<void>
  resume(id: string): Promise<void>
  retry(id: string): Promise<void>
  freeCopy(id: string): Promise<void>
  /** Deletes for good: a file, or a folder with all that is in it, shown or in the trash. Throws HoardError 'not-found'. */
  remove(id: string): Promise<void>
  /** Deletes for good all that is in the trash. */
  emptyTrash(): Promise<void>
  /** Deletes for good what has been in the trash for its term. */
  endTrash(ids: readonly EntryId[]): Promise<void>
  /** Contents that nothing names, but for packs that are being filled; none while a part of the vault cannot be read. SPEC VLT24. */
  unnamed(): readonly Content[]
  /** Ends contents that nothing names: in the vault, with people, and here. */
  end(ended: readonly Content[]): Promise<void>
  /** Goes by what is in the trash now: what only it names is not stored. */
  runNamed(): void
  /** Removes a file and all that are stored together with it; of files with earlier versions, what was being stored. */
  cancel(id: string): Promise<void>
  versions(): Promise<FileVersions>
  share(id: string): Promise<string>
  stopSharing(id: string): Promise<void>
  /** Goes on with the store of a content, of which pieces are lost: they are placed anew from the sealed copy. */
  placeAnew(content: Content): void
  /** Resolves once no store writes any more, after the files were closed. */
  settled(): Promise<unknown>
  /** Rewrites packs of which little is left, in the background. */
  carePacks(): Promise<void>
}

/** Opens the files that the vault names and goes on with unfinished stores. `signal` ends everything. */
export async function openOwnFiles(
  tools: StoreTools,
  { loadPacks, loadVersions, loadFreeCopy, loadRemoval, endUnnamed }: LateFiles,
  signal: AbortSignal,
): Promise<OwnFiles> {
  const { parts, vault, journal, keyring, changes, people } = tools
  const { code, segment } = parts.policy
  const largest = largestFile(
    code.map(({ k }) => k),
    segment.bytes,
  )
  const fileById = new Map<string, OwnFile>()
  const contents = await openContents(
    tools,
    {
      async onOther(content) {
        const members = filesByContent(fileById.values()).get(content) ?? []
        for (const file of members) if (!isPacked(file)) await replace(file)
      },
      onUnreadable: async (content) => (await packs()).splitUnreadable(content),
    },
    signal,
  )
  /** Packs under way whose files still lie elsewhere: nothing names them yet. */
  const filling = new Set<Content>()
  const runs = createNamedRuns(vault, contents, filling)
  let loaded: Promise<Packs> | undefined
  const packs = (): Promise<Packs> => {
    loaded ??= loadPacks().then((module) => module.createPacks(tools, { contents, files: fileById, filling, endUnnamed }, signal))
    // Where it cannot be loaded now, the next use tries again.
    loaded.catch(() => (loaded = undefined))
    return loaded
  }
  const carePacks = async (): Promise<void> => {
    const opened = await packs().catch(() => undefined)
    await opened?.care()
  }
  const copyOut = async (file: OwnFile, until: AbortSignal): Promise<void> => {
    if (isPacked(file)) await (await packs()).copyOut(file, until)
  }
  let owner = await keyring.known()
  const read = (entry: VaultEntry): OwnFile | undefined => {
    const version = currentVersion(entry)
    if (version === undefined || !isFile(entry)) return undefined
    return toOwnFile(entry, contents.get(idHex(version.value.content)), vault.entries)
  }
  const open = (id: EntryId): OwnFile | undefined => {
    const entry = vault.entries.get(id)
    const file = entry && read(entry)
    if (file === undefined) return undefined
    const { link, linkKey, linkId } = fileById.get(file.id) ?? file
    Object.assign(file, { link, linkKey, linkId })
    fileById.set(file.id, file)
    return file
  }
  const shown = createShownFiles(vault, fileById)
  const get = (id: string): OwnFile => {
    const file = fileById.get(id)
    if (file === undefined) throw new HoardError('not-found', { object: 'file' })
    return file
  }

  const goOn = async (file: OwnFile, { blob }: DroppedFile): Promise<void> => {
    const { content } = file
    contents.halt(content)
    content.blob = blob
    content.isUnproven = true
    if (blob.size !== file.size) return replace(file)
    await contents.resume(content)
    contents.run(content)
  }
  /** Stores another content as a version of the same file, with a new key, instead of the one that was begun. */
  const replace = async (file: OwnFile): Promise<void> => {
    const { name, content } = file
    const { blob } = content
    const entry = vault.entries.get(idFromHex(file.id))
    const version = entry && currentVersion(entry)
    if (blob === undefined || entry === undefined || version === undefined) return
    const plan = { is: 'new version', of: entry.id, dropped: version.id } as const
    await put([{ dropped: { name, path: '', blob }, plan }], null)
    content.blob = undefined
  }

  const linkedBy = (linkId: EntryId): readonly Content[] =>
    vault.entries.get(linkId)?.link?.value.contents.flatMap((id) => contents.get(idHex(id)) ?? []) ?? []
  const links = createOwnLinks(tools, get, { copyOut, linkedBy, endUnnamed }, signal)
  /** Deletes for good, with the links of files among them, and ends what nothing names then, as soon as other devices know. */
  const remove = async (removals: readonly Removal[], by: 'person' | 'term' = 'person'): Promise<void> => {
    await (await loadRemoval()).removeEntries(tools, { files: fileById, links, turned: open }, removals, by)
    runs.look()
    await endUnnamed()
    await tellEnded(tools, signal)
    void carePacks()
  }
  /** Writes and begins to store what is dropped, and returns the ids of the files. */
  const put = async (drop: readonly StoredDrop[], into: FolderId): Promise<readonly string[]> => {
    const drafts = draftDrop(parts, vault, drop, into)
    await vault.commit([...drafts.folders, ...[...drafts.contents, ...drafts.files].map(({ id, fields }) => ({ id, fields }))])
    for (const { id, blob } of drafts.contents) contents.add(id, blob)
    for (const { id, blob } of drafts.files) {
      const file = open(id)
      if (file !== undefined) file.blob = blob
    }
    changes.tell()
    if (drop.some(({ plan }) => plan.is === 'new version' && plan.dropped)) {
      runs.look()
      await endUnnamed()
    }
    return drafts.files.map(({ id }) => idHex(id))
  }
  const store = async (given: readonly DroppedFile[], options: StoreOptions = {}): Promise<readonly string[]> => {
    const into = shownFolder(vault, options.into)
    const { taken, refusal } = sortDrop(given, largest)
    const plans = planDrop(vault, shown(), taken, into, options)
    const drop = taken.flatMap((dropped, at): readonly StoredDrop[] => {
      const plan = plans[at]
      return plan?.is === 'new file' || plan?.is === 'new version' ? [{ dropped, plan }] : []
    })
    const ids = [...(await put(drop, into))]
    for (const [at, plan] of plans.entries()) {
      const dropped = taken[at]
      if (plan.is === 'dropped again' && dropped !== undefined) await goOn(plan.file, dropped)
    }
    if (refusal !== undefined) throw refusal
    return plans.map((plan) => {
      if (plan.is === 'dropped again') return plan.file.id
      return plan.is === 'here already' ? idHex(plan.of) : (ids.shift() ?? '')
    })
  }
  const turned = (id: EntryId): void => {
    open(id)
    changes.tell()
  }
  const drop = (id: EntryId, dropped: readonly Stamp[]): Promise<void> => remove([{ id, versions: dropped }])
  const versions = async (): Promise<FileVersions> => (await loadVersions()).createFileVersions({ vault, contents, get, turned, drop })

  const openLink = ({ salt }: SharedLink): OwnGroup | undefined => owner && openOwnGroup(journal, owner.keys.lease, salt)
  const follow = (): readonly Content[] => followVault({ vault, files: fileById, contents, read, openLink, lease: owner?.keys.lease })
  follow()
  runs.begin()
  const takeOthers = async (): Promise<void> => {
    owner ??= await keyring.known()
    const ended = follow()
    runs.look()
    changes.tell()
    for (const content of ended) await contents.end(content)
    if (ended.length > 0) await tellEnded(tools, signal)
  }
  const stops = [
    people.changes.watch(() => void tellEnded(tools, signal).catch(() => undefined)),
    vault.taken.watch(() => {
      void takeOthers().catch(ignoreKnownErrors)
    }),
  ]
  signal.addEventListener('abort', () => stops.forEach((stop) => stop()), { once: true })

  return {
    all: () => [...fileById.values()],
    shown,
    contents: () => [...contents.all()],
    group(groupId) {
      for (const { groups } of contents.all()) for (const group of groups) if (equalBytes(group.groupId, groupId)) return group
      for (const { link } of fileById.values()) if (link !== undefined && equalBytes(link.groupId, groupId)) return link
      return undefined
    },
    get,
    store,
    async pause(id) {
      const { content } = get(id)
      contents.halt(content)
      await contents.pause(content)
    },
    async resume(id) {
      const { content } = get(id)
      await contents.resume(content)
      tools.refusedUntil.clear()
      contents.run(content)
    },
    async retry(id) {
      const { content } = get(id)
      contents.halt(content)
      tools.refusedUntil.clear()
      await contents.resume(content)
      contents.run(content)
    },
    async freeCopy(id) {
      const { content, name } = get(id)
      await (await loadFreeCopy()).freeCopy(tools, content, name, contents.halt)
    },
    remove: async (id) => remove((await loadRemoval()).entriesUnder(vault, id).map((entry) => ({ id: entry }))),
    emptyTrash: () => remove([...vault.tree.trash].map((id) => ({ id }))),
    endTrash: (ids) =>
      remove(
        ids.map((id) => ({ id })),
        'term',
      ),
    unnamed() {
      // What is not known may name them.
      if (vault.isIncomplete) return []
      return [...vault.names.unnamed.keys()].flatMap((id) => contents.get(idHex(id)) ?? []).filter((content) => !filling.has(content))
    },
    async end(ended) {
      await vault.commit(ended.map(({ id }) => ({ id: idFromHex(id), fields: { ended: parts.clock.now() } })))
      for (const content of ended) await contents.end(content)
    },
    runNamed: runs.look,
    cancel: async (id) => remove((await loadRemoval()).removalOf(get(id).content, vault)),
    versions,
    share: links.share,
    stopSharing: links.stopSharing,
    placeAnew: contents.run,
    settled: contents.settled,
    carePacks,
  }
}
