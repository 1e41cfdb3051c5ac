import type { Bytes } from '../../core/bytes.ts'
import type { Outbox } from '../../ports/outbox.ts'
import { commitContent, idle, isContent, noteStoredAt, toContent, type Content, type ContentEntry } from '../storing/content.ts'
import { endGroups } from '../groups/end-group.ts'
import { countPlans, isToTakeOver, splitPlans } from '../storing/group-plans.ts'
import { damageOf, recoverSpool } from '../storing/recover-spool.ts'
import { spooledBy } from '../storing/spool.ts'
import { storeFile } from '../storing/store-file.ts'
import { troubleOf } from '../api/trouble.ts'
import { codeOf, HoardError, ignoreKnownErrors } from '../../core/errors.ts'
import { idFromHex, idHex, type EntryId } from '../../core/vault/entry-id.ts'
import type { LocalVault } from '../vault/local-vault.ts'
import type { StoreTools } from '../groups/owner-tools.ts'

/** All contents of this owner, under way or stored. */
export interface Contents {
  all(): Iterable<Content>
  get(id: string): Content | undefined
  /** Opens the content of the vault entry `id`, which was just written, and begins to store `blob`. */
  add(id: EntryId, blob: Blob): Content
  /** Opens the content of a vault entry that another device wrote, with the owner's `lease` key. */
  adopt(entry: ContentEntry, lease: Bytes | undefined): void
  /** Tells whether `content`, of which only the vault knows, was opened before what `entry` says of it now. */
  isOlder(content: Content, entry: ContentEntry): boolean
  /** Goes on with the rest of the store once the last run has ended; an unproven blob is first compared with what was sealed. */
  run(content: Content): void
  halt(content: Content): void
  /** Writes down that the person has paused it; `halt` stops the run. */
  pause(content: Content): Promise<void>
  /** Writes down that it is not paused any more; `run` starts it. */
  resume(content: Content): Promise<void>
  /** Ends a content that has ended in the vault already: signs tombstones, frees the outbox, forgets it. */
  end(content: Content): Promise<void>
  /** Resolves once no run writes any more, after `signal` has aborted. */
  settled(): Promise<unknown>
}

/** Reactions that take knowledge of the files of a content. */
export interface ContentEvents {
  /** Called when the blob that was dropped again is another content. */
  onOther(content: Content): Promise<void>
  /** Called when the dropped blob cannot be read or has changed; the content no longer has it. */
  onUnreadable(content: Content): Promise<void>
}

const CONTENT_ID = /^[0-9a-f]{32}$/
/** Repairs of one content: if the disk spoils it more often, the person is shown the error. */
const MENDINGS_AT_MOST = 3

/** Opens all contents that the vault names, and ends those whose deletion a crash cut short. `run` starts work, `signal` ends it. */
export async function openContents(tools: StoreTools, events: ContentEvents, signal: AbortSignal): Promise<Contents> {
  const { parts, vault, journal, keyring, changes } = tools
  const byId = new Map<string, Content>()
  const owner = await keyring.known()
  const open = (entry: ContentEntry, lease = owner?.keys.lease): Content => {
    const content = toContent(entry, lease, journal, parts.outbox)
    if (content.code !== undefined) countPlans(content, splitPlans(content), content.code)
    const { device } = entry.key.stamp
    const isOthers = device !== vault.device && !content.note.isStored && journal.file(content.id) === undefined
    const label = vault.entries.get(device)?.name?.value
    if (isOthers) content.elsewhere = label === undefined ? {} : { device: label }
    return content
  }

  /** Contents to run again after their error: the disk lost or spoilt sealed bytes, which the page's file or a new drop replaces. */
  const again = new Set<Content>()
  const mendings = new Map<Content, number>()
  const mend = async (content: Content, damagedAt: number | undefined): Promise<void> => {
    const times = (mendings.get(content) ?? 0) + 1
    mendings.set(content, times)
    if (times <= MENDINGS_AT_MOST && (await recoverSpool(tools, content, damagedAt))) again.add(content)
  }
  /** Resolves once the last run of a content is over: two runs must not seal at once, and none may write after its end. */
  const ended = new WeakMap<Content, Promise<void>>()
  const store = async (content: Content, running: AbortSignal): Promise<void> => {
    await ended.get(content)
    running.throwIfAborted()
    await storeFile(tools, content, running)
  }
  const onError = async (content: Content, error: unknown): Promise<void> => {
    content.activity = idle(troubleOf(error))
    if (codeOf(error) === 'file-changed' && content.isUnproven) return events.onOther(content)
    if (damageOf(error) !== undefined) return mend(content, damageOf(error))
    if (codeOf(error) !== 'file-changed' && codeOf(error) !== 'file-unreadable') return undefined
    // The dropped blob is of no use any more: the person has to drop the file again.
    content.blob = undefined
    return events.onUnreadable(content)
  }
  const run = (content: Content): void => {
    if (content.elsewhere !== undefined || isToTakeOver(content)) return
    if (content.running !== undefined || content.note.isPaused || (content.note.isStored && !content.note.hasOutbox)) return
    const running = new AbortController()
    content.running = running
    content.activity = idle()
    const isOver = (): boolean => running.signal.aborted || signal.aborted
    const storing = store(content, AbortSignal.any([signal, running.signal]))
    ended.set(
      content,
      storing.catch(() => undefined),
    )
    storing
      .catch((error: unknown) => (isOver() ? undefined : onError(content, error)))
      .catch((error: unknown) => {
        // The reaction to the first error failed as well.
        if (!signal.aborted) content.activity = idle(troubleOf(error))
      })
      .finally(() => {
        if (content.running === running) content.running = undefined
        if (again.delete(content)) run(content)
        changes.tell()
      })
  }
  const halt = (content: Content): void => {
    content.running?.abort(new Error('halted by the person'))
    content.running = undefined
    content.activity = idle()
    changes.tell()
  }
  const commitPause = async (content: Content, pause: { readonly isPaused: boolean }): Promise<void> => {
    if (content.elsewhere !== undefined) return
    await commitContent(journal, content, (note) => ({ ...note, ...pause }))
    changes.tell()
  }
  const end = async (content: Content): Promise<void> => {
    byId.delete(content.id)
    halt(content)
    await ended.get(content)
    await content.recoding?.end()
    await content.adopting?.catch(() => undefined)
    await endGroups(tools, content.open())
    await content.spool.remove()
    await journal.forgetContent(content.id)
  }

  for (const entry of vault.entries.values()) {
    if (!isContent(entry)) continue
    if (entry.ended === undefined) byId.set(idHex(entry.id), open(entry))
    else if (journal.file(idHex(entry.id)) !== undefined) await end(open(entry))
  }
  await sweepOutbox(parts.outbox, vault)
  // A crash came between the journal and the vault. What cannot be written now is written by a later start.
  await noteStoredAt(tools, byId.values()).catch(ignoreKnownErrors)
  return {
    all: () => byId.values(),
    get: (id) => byId.get(id),
    add(id, blob) {
      const entry = vault.entries.get(id)
      if (entry === undefined || !isContent(entry)) throw new HoardError('storage-damaged', { object: 'vault' })
      const content = open(entry)
      content.blob = blob
      byId.set(content.id, content)
      run(content)
      return content
    },
    isOlder: ({ id, running, blob, note, records }, { layout, storedAt }) =>
      journal.file(id) === undefined &&
      running === undefined &&
      blob === undefined &&
      ((records.length === 0 && layout !== undefined) || note.isStored !== ((storedAt?.value ?? null) !== null)),
    adopt: (entry, lease) => void byId.set(idHex(entry.id), open(entry, lease)),
    run,
    halt,
    pause: (content) => commitPause(content, { isPaused: true }),
    resume: (content) => commitPause(content, { isPaused: false }),
    end,
    settled: () => Promise.all([...byId.values()].map(async (content) => ended.get(content))),
  }
}

/**
 * Removes the spools of contents that have ended. A spool without an entry stays: an entry is durable before its spool begins, so this vault
 * is an older one, and the newer may be put back. Of a vault that is not whole nothing is believed. Core SPEC DSK4.
 */
async function sweepOutbox(outbox: Outbox, { entries, isIncomplete }: Pick<LocalVault, 'entries' | 'isIncomplete'>): Promise<void> {
  if (isIncomplete) return
  for (const { name } of await outbox.list()) {
    const id = spooledBy(name)
    if (CONTENT_ID.test(id) && entries.get(idFromHex(id))?.ended !== undefined) await outbox.remove(name)
  }
}
