import { equalBytes } from '../../core/bytes.ts'
import type { GroupId } from '../../core/ids.ts'
import { largestFile, sortDrop } from '../../core/file-limits.ts'
import type { DroppedFile, StoreOptions } from '../api/peer.ts'
import { isSealed, commitContent, type Content } from '../storing/content.ts'
import { contentHealth, isInGoodHands } from '../storing/content-health.ts'
import { openContents } from './contents.ts'
import { draftDrop } from './draft-drop.ts'
import { tellEnded } from '../groups/end-group.ts'
import { folderAt } from '../vault/folders.ts'
import { isFile, isPacked, toOwnFile, filesByContent, type OwnFile } from './own-file.ts'
import { openOwnGroup, type OwnGroup } from '../groups/own-group.ts'
import { createUnnamed } from './end-unnamed.ts'
import type { createPacks, Packs } from './packs.ts'
import { createOwnLinks } from './own-links.ts'
import { entriesUnder, removeEntries } from './remove-entries.ts'
import { shownFolder } from '../tree/tree-acts.ts'
import type { StoreTools } from '../groups/owner-tools.ts'
import { HoardError, ignoreKnownErrors } from '../../core/errors.ts'
import { idFromHex, idHex, type EntryId } from '../../core/vault/entry-id.ts'
import { entryNameOf } from '../../core/vault/entry-name.ts'
import { currentVersion, type VaultEntry } from '../../core/vault/entry.ts'
import type { FolderId } from '../../core/vault/tree.ts'
import type { SharedLink } from '../../core/vault/fields.ts'
import { followVault } from './files-of-vault.ts'

/** The files of this owner on this device. Every method resolves once its effect is durable. */
export interface OwnFiles {
  /** All that are not deleted for good. */
  all(): readonly OwnFile[]
  /** Those that are not in the trash. */
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
  /** Removes a file and all that are stored together with it. */
  cancel(id: string): Promise<void>
  share(id: string): Promise<string>
  stopSharing(id: string): Promise<void>
  /** Goes on with the store of a content, of which pieces are lost: they are placed anew from the sealed copy. */
  placeAnew(content: Content): void
  /** Rewrites packs of which little is left, in the background. */
  carePacks(): Promise<void>
}

/** The module that cares for packs after a drop. */
export interface LoadedPacks {
  readonly createPacks: typeof createPacks
}

/** Opens the files that the vault names and goes on with unfinished stores. `load` loads the care of packs; `signal` ends everything. */
export async function openOwnFiles(tools: StoreTools, load: () => Promise<LoadedPacks>, signal: AbortSignal): Promise<OwnFiles> {
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
  const unnamed = createUnnamed(tools, contents, signal)
  let loaded: Promise<Packs> | undefined
  const packs = (): Promise<Packs> => {
    loaded ??= load().then((module) => module.createPacks(tools, { contents, files: fileById, unnamed }, signal))
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
    if (file !== undefined) fileById.set(file.id, file)
    return file
  }
  const shown = (): readonly OwnFile[] => [...fileById.values()].filter(({ id }) => !vault.tree.trash.has(idFromHex(id)))
  const get = (id: string): OwnFile => {
    const file = fileById.get(id)
    if (file === undefined) throw new HoardError('not-found', { object: 'file' })
    return file
  }

  /** Returns, for each dropped file, the unfinished one with its folder and name, which goes on if its content proves to be the same. */
  const droppedAgain = (dropped: readonly DroppedFile[], into: FolderId): readonly (OwnFile | undefined)[] => {
    const waiting = shown().filter(({ content }) => !isSealed(content) && !content.blob && !content.elsewhere)
    // Systems encode accents in two ways, and the same name may come in the other way. SPEC FNM3.
    const placeOf = (folder: EntryId | null | undefined, name: string): string => `${folder ?? ''}/${entryNameOf(name)}`
    const byPlace = new Map(waiting.map((file) => [placeOf(vault.tree.folderOf(idFromHex(file.id)), file.name), file]))
    return dropped.map(({ name, path }) => {
      const folder = folderAt(vault, path, into)
      return folder === undefined ? undefined : byPlace.get(placeOf(folder, name))
    })
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
  /** Stores another content under the same name as another version, with a new key, and then removes the one before. */
  const replace = async (file: OwnFile): Promise<void> => {
    const { id, name, content } = file
    const { blob } = content
    if (blob === undefined) return
    // In this order: at every moment one of the two versions is in the list.
    const folder = vault.tree.folderOf(idFromHex(id)) ?? null
    await store([{ name, path: '', blob }], folder === null ? {} : { into: idHex(folder) })
    await remove([idFromHex(id)])
  }

  const linkedBy = (linkId: EntryId): readonly Content[] =>
    vault.entries.get(linkId)?.link?.value.contents.flatMap((id) => contents.get(idHex(id)) ?? []) ?? []
  const links = createOwnLinks(tools, get, { copyOut, linkedBy, endUnnamed: unnamed.end }, signal)
  /** Deletes entries for good, with the links of files among them, and ends the contents that nothing else names. */
  const remove = async (ids: readonly EntryId[]): Promise<void> => {
    await removeEntries(tools, { files: fileById, contents, links }, ids, signal)
    void carePacks()
  }
  const store = async (given: readonly DroppedFile[], options: StoreOptions = {}): Promise<readonly string[]> => {
    const into = shownFolder(vault, options.into)
    const { taken: dropped, refusal } = sortDrop(given, largest)
    const known = droppedAgain(dropped, into)
    const isGoingOn = (at: number): boolean => known[at] !== undefined && !isPacked(known[at])
    const drafts = draftDrop(
      parts,
      vault,
      dropped.filter((_each, at) => !isGoingOn(at)),
      into,
    )
    // A pack is short, and some of its files may not have been dropped again: those that were begin anew in another one.
    const begunAnew = [...new Set(known.flatMap((file) => (file !== undefined && isPacked(file) ? [file] : [])))]
    await vault.commit([
      ...drafts.folders,
      ...[...drafts.contents, ...drafts.files].map(({ id, fields }) => ({ id, fields })),
      ...begunAnew.map(({ id }) => ({ id: idFromHex(id), fields: { deletedAt: 0 } })),
    ])
    for (const { id } of begunAnew) fileById.delete(id)
    for (const { id, blob } of drafts.contents) contents.add(id, blob)
    for (const { id, blob } of drafts.files) {
      const file = open(id)
      if (file !== undefined) file.blob = blob
    }
    for (const [at, file] of known.entries()) {
      const each = dropped[at]
      if (file !== undefined && each !== undefined && isGoingOn(at)) await goOn(file, each)
    }
    changes.tell()
    if (begunAnew.length > 0) await unnamed.end()
    if (refusal !== undefined) throw refusal
    const ids = drafts.files.map(({ id }) => idHex(id))
    return known.map((file, at) => (isGoingOn(at) ? file?.id : ids.shift()) ?? '')
  }

  const openLink = ({ salt }: SharedLink): OwnGroup | undefined => owner && openOwnGroup(journal, owner.keys.lease, salt)
  const follow = (): readonly Content[] => followVault({ vault, files: fileById, contents, read, openLink, lease: owner?.keys.lease })
  follow()
  await unnamed.end()
  for (const content of contents.all()) contents.run(content)
  const takeOthers = async (): Promise<void> => {
    owner ??= await keyring.known()
    const ended = follow()
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
      if (!content.note.isStored) throw new HoardError('too-few-shards', { object: 'file', name })
      const health = contentHealth(content, tools, parts.clock.now())
      const needed = content.code?.m ?? 0
      if (!isInGoodHands(health, needed)) {
        const { here, steadiness } = health
        throw new HoardError('too-few-shards', { object: 'copy', name, here, needed, steadiness })
      }
      await commitContent(journal, content, (note) => ({ ...note, hasOutbox: false }))
      contents.halt(content)
      await content.spool.remove()
      await journal.dropDigests(content.id)
      changes.tell()
    },
    remove: async (id) => remove(entriesUnder(vault, id)),
    emptyTrash: () => remove([...vault.tree.trash]),
    cancel: async (id) => remove((filesByContent(fileById.values()).get(get(id).content) ?? []).map((file) => idFromHex(file.id))),
    share: links.share,
    stopSharing: links.stopSharing,
    placeAnew: contents.run,
    carePacks,
  }
}
