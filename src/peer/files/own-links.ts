import { HoardError } from '../../core/errors.ts'
import { endGroups, tellEnded } from '../groups/end-group.ts'
import type { StoreTools } from '../groups/owner-tools.ts'
import { setFileAnnounced, shareFile } from '../links/share-file.ts'
import type { EntryId } from '../../core/vault/entry-id.ts'
import type { Content } from '../storing/content.ts'
import type { OwnFile } from './own-file.ts'

/** The links of this owner's files. */
export interface OwnLinks {
  /** Resolves with the path of a file's link, making it when there is none yet; a second call waits for the same link. */
  share(id: string): Promise<string>
  stopSharing(id: string): Promise<void>
  /** Ends the making of links to these files, and the links that are there: nobody could after the vault has forgotten their salts. */
  end(files: readonly OwnFile[]): Promise<void>
}

/** What sharing needs of the contents of files. */
export interface LinkedContents {
  /** Copies a file out of the pack in which it lies with others, if it does, so that a link to it opens nothing else. */
  readonly copyOut: (file: OwnFile, until: AbortSignal) => Promise<void>
  /** Returns what a link opens: the content of an earlier version, where the file has a newer one since. */
  readonly linkedBy: (linkId: EntryId) => readonly Content[]
  /** Ends what only a link named that is no more. */
  readonly endUnnamed: () => Promise<void>
}

/** Returns the links of the files that `get` finds; `signal` ends everything. */
export function createOwnLinks(
  tools: StoreTools,
  get: (id: string) => OwnFile,
  { copyOut, linkedBy, endUnnamed }: LinkedContents,
  signal: AbortSignal,
): OwnLinks {
  const { vault, changes } = tools
  /** Links under way, by file id. */
  const sharing = new Map<string, { readonly ending: AbortController; readonly link: Promise<string> }>()
  const endSharing = async (id: string): Promise<void> => {
    const underWay = sharing.get(id)
    underWay?.ending.abort(new HoardError('not-found', { object: 'file' }))
    await underWay?.link.catch(() => undefined)
  }
  return {
    share(id) {
      const underWay = sharing.get(id)
      if (underWay !== undefined) return underWay.link
      const ending = new AbortController()
      const until = AbortSignal.any([signal, ending.signal])
      const make = async (): Promise<string> => {
        try {
          await copyOut(get(id), until)
          const file = get(id)
          const path = await shareFile(tools, file, until)
          // A new version meanwhile has made another object of the file.
          const { link, linkKey, linkId } = file
          Object.assign(get(id), { link, linkKey, linkId })
          await endUnnamed()
          return path
        } finally {
          sharing.delete(id)
          changes.tell()
        }
      }
      const link = make()
      sharing.set(id, { ending, link })
      return link
    },
    async stopSharing(id) {
      const file = get(id)
      await endSharing(id)
      const { link, linkId } = file
      if (link === undefined) return
      const linked = linkId === undefined ? [] : linkedBy(linkId)
      await endGroups(tools, [link])
      if (linkId !== undefined) await vault.commit([{ id: linkId, fields: { deletedAt: 0 } }])
      file.link = undefined
      file.linkKey = undefined
      file.linkId = undefined
      changes.tell()
      for (const content of linked) await setFileAnnounced(tools, { content }, 'no longer', signal)
      await tellEnded(tools, signal)
      await endUnnamed()
    },
    async end(files) {
      for (const { id } of files) await endSharing(id)
      await endGroups(
        tools,
        files.flatMap(({ link }) => link ?? []),
      )
    },
  }
}
