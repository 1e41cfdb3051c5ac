import { HoardError } from '../../core/errors.ts'
import { packCare } from '../../core/pack.ts'
import type { Content } from '../storing/content.ts'
import type { Contents } from './contents.ts'
import { draftContent } from './draft-drop.ts'
import { tellEnded } from '../groups/end-group.ts'
import { openContent } from './open-own-file.ts'
import { filesByContent, type OwnFile } from './own-file.ts'
import { isOpenable } from '../groups/own-group.ts'
import { idFromHex, idHex } from '../../core/vault/entry-id.ts'
import { currentVersion } from '../../core/vault/entry.ts'
import type { EntryChange } from '../vault/local-vault.ts'
import type { StoreTools } from '../groups/owner-tools.ts'

/** The care of packs after a drop. Every method resolves once its effect is durable. */
export interface Packs {
  /**
   * Copies `file` out of the pack that it shares with others, so that a link to it opens nothing else.
   * @throws HoardError 'too-few-shards' when nobody takes the copy
   */
  copyOut(file: OwnFile, until: AbortSignal): Promise<void>
  /** Rewrites packs of which little is left, one after another (SPEC PCK3). Never throws: a pack that fails waits for the next call. */
  care(): Promise<void>
  /** Moves the files that can still be read out of a pack that was never sealed, away from those that cannot. */
  splitUnreadable(pack: Content): Promise<void>
  /** Ends packs that carry no file any more. SPEC PCK3. */
  endEmpty(): Promise<void>
}

/** Time that people have to take a copy of a small file, while a person waits for its link. */
const COPY_AT_MOST_MS = 90_000
/** Time for the rewrite of one pack, so that people who are away do not hold up the next. */
const REWRITE_AT_MOST_MS = 600_000

/** Returns the care of the packs among `contents` in which `files` lie. */
export function createPacks(tools: StoreTools, contents: Contents, files: ReadonlyMap<string, OwnFile>, signal: AbortSignal): Packs {
  const { parts, vault, journal, people, changes } = tools
  let isCaring = false

  /** Moves those of `members` that are still in `from` to `pack`, which has the bytes of all members in this order from its start. */
  const move = async (from: Content, pack: Content, members: readonly OwnFile[]): Promise<void> => {
    let offset = 0
    const moves: { readonly file: OwnFile; readonly offset: number; readonly change: EntryChange }[] = []
    for (const file of members) {
      const entry = vault.entries.get(idFromHex(file.id))
      const version = entry && currentVersion(entry)
      if (files.get(file.id) === file && file.content === from && entry !== undefined && version !== undefined) {
        const moved = { ...version.value, content: idFromHex(pack.id), offset, id: version.id }
        moves.push({ file, offset, change: { id: entry.id, fields: { version: moved } } })
      }
      offset += file.size
    }
    await vault.commit(moves.map(({ change }) => change))
    for (const { file, offset: at } of moves) {
      file.content = pack
      file.offset = at
    }
    changes.tell()
    await endEmpty()
  }

  /** Packs under way whose files still lie elsewhere. */
  const filling = new Set<Content>()
  const endEmpty = async (): Promise<void> => {
    // What is not known may name them.
    if (vault.isIncomplete) return
    // A pack that another device is storing is for that device to end.
    const isOurs = ({ id, groups }: Content): boolean => groups.length === 0 || journal.file(id) !== undefined
    const unnamed = [...vault.names.unnamed.keys()].flatMap((id) => contents.get(idHex(id)) ?? [])
    const empty = unnamed.filter((content) => !filling.has(content) && isOurs(content))
    await vault.commit(empty.map(({ id }) => ({ id: idFromHex(id), fields: { ended: parts.clock.now() } })))
    for (const content of empty) await contents.end(content)
    if (empty.length > 0) await tellEnded(tools, signal)
  }
  const beginPack = async (blobs: readonly Blob[]): Promise<Content> => {
    const { id, fields, blob } = draftContent(parts, blobs)
    await vault.commit([{ id, fields }])
    const pack = contents.add(id, blob)
    filling.add(pack)
    return pack
  }

  /** Stores the bytes of `members` again as a pack of their own, and moves them there as soon as `isKept`; gives up after `atMostMs`. */
  const repack = async (
    from: Content,
    members: readonly OwnFile[],
    isKept: (pack: Content) => boolean,
    atMostMs: number,
    ending = signal,
  ): Promise<void> => {
    const over = new AbortController()
    const until = AbortSignal.any([signal, ending, over.signal])
    const tooFew = new HoardError('too-few-shards', { object: 'file' })
    parts.clock.wait(atMostMs, { signal: until }).then(
      () => over.abort(tooFew),
      () => undefined,
    )
    const stopWatching = changes.watch(() => {
      if (contents.get(from.id) !== from) over.abort(new HoardError('not-found', { object: 'file' }))
    })
    try {
      await repackUntil(from, members, isKept, until)
    } finally {
      stopWatching()
      over.abort(tooFew)
    }
  }
  const repackUntil = async (
    from: Content,
    members: readonly OwnFile[],
    isKept: (pack: Content) => boolean,
    until: AbortSignal,
  ): Promise<void> => {
    const blobs: Blob[] = []
    for (const { offset, size } of members) {
      const read: Uint8Array<ArrayBuffer>[] = []
      for await (const piece of openContent(parts, people, from, { start: offset, end: offset + size }, until)) read.push(piece.slice())
      blobs.push(new Blob(read))
    }
    const pack = await beginPack(blobs)
    try {
      while (!isKept(pack)) {
        const { trouble, waitsForRoom } = pack.activity
        if (trouble !== undefined) throw new HoardError(trouble.code, trouble.facts)
        if (waitsForRoom === 'to be made') throw new HoardError('storage-full')
        await changes.next(until)
      }
      await move(from, pack, members)
    } finally {
      filling.delete(pack)
      await endEmpty()
    }
  }

  return {
    endEmpty,
    async copyOut(file, until) {
      const { content } = file
      const isAlone = filesByContent(files.values()).get(content)?.length === 1 && content.size === file.size
      if (isAlone) return
      await repack(content, [file], ({ groups }) => groups.length > 0 && groups.every(isOpenable), COPY_AT_MOST_MS, until)
    },
    async care() {
      if (isCaring) return
      isCaring = true
      try {
        for (const [pack, members] of filesByContent(files.values())) {
          if (!pack.note.isStored || packCare(pack.size, places(members)) !== 'rewrite') continue
          await repack(pack, members, ({ note }) => note.isStored, REWRITE_AT_MOST_MS).catch(() => undefined)
        }
      } finally {
        isCaring = false
      }
    },
    async splitUnreadable(pack) {
      const readable: { readonly file: OwnFile; readonly blob: Blob }[] = []
      const members = filesByContent(files.values()).get(pack) ?? []
      for (const file of members) if (file.blob !== undefined && (await isReadable(file.blob))) readable.push({ file, blob: file.blob })
      if (readable.length === 0 || readable.length === members.length) return
      const other = await beginPack(readable.map(({ blob }) => blob))
      try {
        await move(
          pack,
          other,
          readable.map(({ file }) => file),
        )
      } finally {
        filling.delete(other)
        await endEmpty()
      }
    },
  }
}

function places(members: readonly OwnFile[]) {
  return members.map(({ offset, size }) => ({ offset, length: size }))
}

/** Tells whether the whole blob can be read; reads it into memory, so for small files only. */
async function isReadable(blob: Blob): Promise<boolean> {
  try {
    return (await blob.arrayBuffer()).byteLength === blob.size
  } catch {
    return false
  }
}
