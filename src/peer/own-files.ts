import { hex } from '../core/bytes.ts'
import { codeOf, HoardError, type ErrorFacts } from '../core/errors.ts'
import { brandBytes, type FileKey } from '../core/ids.ts'
import { planSegments } from '../core/segment.ts'
import { MAX_FILE_BYTES } from '../core/sizes.ts'
import type { DroppedFile } from './api.ts'
import { endGroups, tellEnded } from './end-group.ts'
import { countWork, splitWork } from './group-work.ts'
import { dropAgain, type FileEntry, commitFile, idle, isFile, isSealed, toOwnFile, type OwnFile } from './own-file.ts'
import { openOwnGroup, type OwnGroup } from './own-group.ts'
import { shareFile, wishFileFound } from './share-file.ts'
import { damageOf, mendSpool } from './mend-spool.ts'
import { openRecordDigests } from './record-digests.ts'
import { openSpool } from './spool.ts'
import { storeFile } from './store-file.ts'
import type { StoreTools } from './store-group.ts'

/** The files of this owner on this device, and what can be done with them. Every method resolves once its effect is durable. */
export interface OwnFiles {
  all(): readonly OwnFile[]
  /** Returns the file named `id`. Throws HoardError 'not-found'. */
  get(id: string): OwnFile
  store(dropped: readonly DroppedFile[]): Promise<readonly string[]>
  pause(id: string): Promise<void>
  resume(id: string): Promise<void>
  retry(id: string): Promise<void>
  freeCopy(id: string): Promise<void>
  remove(id: string): Promise<void>
  share(id: string): Promise<string>
  stopSharing(id: string): Promise<void>
}

/** A disk that spoils what was sealed again and again is the person's to see. */
const MENDINGS_AT_MOST = 3

/** Opens the files that the vault names and goes on with whatever is not finished. `signal` ends everything. */
export async function openOwnFiles(tools: StoreTools, signal: AbortSignal): Promise<OwnFiles> {
  const { parts, vault, journal, keeper, changes, people } = tools
  const fileById = new Map<string, OwnFile>()
  const owner = await keeper.known()
  const open = (id: string, entry: FileEntry): OwnFile =>
    toOwnFile(id, entry, { note: journal.file(id), spool: openSpool(parts.outbox, id), digests: openRecordDigests(journal, id) })
  for (const [id, entry] of vault.entries()) {
    if (!isFile(entry)) continue
    const file = open(id, entry)
    if (file.code !== undefined) file.segmentCount = planSegments(file.size, file.code.k, parts.policy.segment.bytes).length
    if (owner !== undefined) {
      file.groups = (entry.groups ?? []).map(({ salt16 }) => openOwnGroup(journal, owner.keys.lease, salt16))
      if (file.code !== undefined) countWork(file, splitWork(file, file.code, parts.policy), file.code)
      if (entry.link !== undefined) file.link = openOwnGroup(journal, owner.keys.lease, entry.link.salt)
    }
    fileById.set(id, file)
  }

  const run = (file: OwnFile, isComparing = false): void => {
    if (file.running !== undefined || file.note.isPaused || (file.note.isStored && !file.note.hasOutbox)) return
    const running = new AbortController()
    file.running = running
    file.activity = idle(file.blob === undefined && !isSealed(file) ? dropAgain(file) : undefined)
    storeFile(tools, file, isComparing, AbortSignal.any([signal, running.signal]))
      .catch((error: unknown) => {
        if (running.signal.aborted || signal.aborted) return undefined
        file.activity = idle({ is: 'trouble', trouble: troubleOf(error) })
        if (codeOf(error) === 'file-changed' && isComparing) return replace(file)
        if (damageOf(error) !== undefined) return mend(file, damageOf(error))
        // What was dropped is of no use any more: it has to be dropped again.
        if (codeOf(error) === 'file-changed' || codeOf(error) === 'file-unreadable') file.blob = undefined
        return undefined
      })
      .finally(() => {
        if (file.running === running) file.running = undefined
        if (again.delete(file)) run(file)
        changes.tell()
      })
  }
  /** Sealed bytes that the disk lost or spoilt are sealed again, from the page's file or once it is dropped again. */
  const again = new Set<OwnFile>()
  const mendings = new Map<OwnFile, number>()
  const mend = async (file: OwnFile, damagedAt: number | undefined): Promise<void> => {
    const times = (mendings.get(file) ?? 0) + 1
    mendings.set(file, times)
    if (times <= MENDINGS_AT_MOST && (await mendSpool(tools, file, damagedAt))) again.add(file)
  }
  const halt = async (file: OwnFile): Promise<void> => {
    file.running?.abort(new Error('halted by the person'))
    file.running = undefined
    file.activity = idle()
    changes.tell()
  }
  const get = (id: string): OwnFile => {
    const file = fileById.get(id)
    if (file === undefined) throw new HoardError('not-found', { object: 'file' })
    return file
  }
  const note = async (file: OwnFile, isPaused: boolean): Promise<void> => {
    file.note = { ...file.note, isPaused }
    await commitFile(journal, file)
    changes.tell()
  }

  /** A file dropped again goes on where it stopped, if it is still the same content; `sealFile` compares. */
  const droppedAgain = ({ name, path }: DroppedFile): OwnFile | undefined =>
    [...fileById.values()].find((file) => file.name === name && file.folder === path && !isSealed(file) && file.blob === undefined)
  const goOn = async (file: OwnFile, { blob }: DroppedFile): Promise<void> => {
    await halt(file)
    file.blob = blob
    if (blob.size !== file.size) return replace(file)
    await note(file, false)
    run(file, true)
  }

  /** Another content under the same name is another version: a new key, and the end of what went out. */
  const replace = async (file: OwnFile): Promise<void> => {
    const { blob, name, folder } = file
    if (blob === undefined) return
    await remove(file)
    await store([{ name, path: folder, blob }])
  }
  const remove = async (file: OwnFile): Promise<void> => {
    await halt(file)
    await vault.commit([{ id: file.id, fields: { deletedAt: parts.clock.now(), link: null } }])
    fileById.delete(file.id)
    changes.tell()
    await endGroups(tools, [...file.groups, ...(file.link === undefined ? [] : [file.link])])
    await file.spool.remove()
    await journal.forget(file.id, [])
    await tellEnded(tools, signal)
  }
  const store = async (dropped: readonly DroppedFile[]): Promise<readonly string[]> => {
    const known = dropped.map((each) => droppedAgain(each))
    const fresh = dropped.filter((_each, at) => known[at] === undefined)
    const drafts = fresh.map((each) => draftOf(parts, each))
    await vault.commit(drafts.map(({ id, fields }) => ({ id, fields })))
    for (const { id, blob } of drafts) {
      const entry = vault.entries().get(id)
      if (entry === undefined || !isFile(entry)) continue
      const file = open(id, entry)
      file.blob = blob
      fileById.set(id, file)
      run(file)
    }
    for (const [at, file] of known.entries()) if (file !== undefined && dropped[at] !== undefined) await goOn(file, dropped[at])
    changes.tell()
    const ids = drafts.map(({ id }) => id)
    return known.map((file) => file?.id ?? ids.shift() ?? '')
  }

  for (const file of fileById.values()) run(file)
  const stopWatching = people.changes.watch(() => void tellEnded(tools, signal).catch(() => undefined))
  signal.addEventListener('abort', stopWatching, { once: true })

  return {
    all: () => [...fileById.values()],
    get,
    store,
    async pause(id) {
      const file = get(id)
      await halt(file)
      await note(file, true)
    },
    async resume(id) {
      const file = get(id)
      await note(file, false)
      tools.refusedUntil.clear()
      run(file)
    },
    async retry(id) {
      const file = get(id)
      await halt(file)
      tools.refusedUntil.clear()
      await note(file, false)
      run(file)
    },
    async freeCopy(id) {
      const file = get(id)
      if (!file.note.isStored) throw new HoardError('too-few-shards', { object: 'file', name: file.name })
      file.note = { ...file.note, hasOutbox: false }
      await commitFile(journal, file)
      await halt(file)
      await file.spool.remove()
      await journal.dropDigests(id)
      changes.tell()
    },
    remove: (id) => remove(get(id)),
    share: (id) => shareFile(tools, get(id), signal).finally(() => changes.tell()),
    async stopSharing(id) {
      const file = get(id)
      const link: OwnGroup | undefined = file.link
      if (link === undefined) return
      await vault.commit([{ id, fields: { link: null } }])
      file.link = undefined
      file.linkKey = undefined
      changes.tell()
      await endGroups(tools, [link])
      await wishFileFound(tools, file, false, signal)
      await tellEnded(tools, signal)
    },
  }
}

/** Returns the vault entry of a file that was just dropped: a fresh id and a fresh key. */
function draftOf({ random, clock }: StoreTools['parts'], { name, path, blob }: DroppedFile) {
  if (blob.size > MAX_FILE_BYTES) throw new HoardError('file-unreadable', { name, size: blob.size })
  const fileKey = brandBytes<FileKey>(random.bytes(32))
  return {
    id: hex(random.bytes(16)),
    blob,
    fields: { name, type: blob.type, folder: path, size: blob.size, addedAt: clock.now(), fileKey },
  }
}

/** Returns what the screen says about an error: its code and facts, also when it crossed a worker boundary. */
export function troubleOf(error: unknown): { readonly code: NonNullable<ReturnType<typeof codeOf>>; readonly facts: ErrorFacts } {
  const code = codeOf(error) ?? 'storage-unavailable'
  const facts = typeof error === 'object' && error !== null && 'facts' in error ? (error.facts as ErrorFacts) : { message: String(error) }
  return { code, facts }
}
