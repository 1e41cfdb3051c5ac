import { HoardError } from '../../core/errors.ts'
import { idFromHex, idHex, type EntryId } from '../../core/vault/entry-id.ts'
import { currentVersion, type HeldVersion, type VaultEntry } from '../../core/vault/entry.ts'
import type { Version } from '../../core/vault/fields.ts'
import type { Stamp } from '../../core/vault/hybrid-time.ts'
import type { TreeFacet } from '../api/peer.ts'
import type { LocalVault } from '../vault/local-vault.ts'
import type { Contents } from './contents.ts'
import { canRead, type ReadableFile } from './open-own-file.ts'
import { keptVersions, type OwnFile } from './own-file.ts'

/** What the versions of files are known from, and how they change. */
export interface VersionsAsked {
  readonly vault: LocalVault
  readonly contents: Pick<Contents, 'get'>
  /** Throws HoardError 'not-found'. */
  readonly get: (fileId: string) => OwnFile
  /** Called once another version of a file is the current one. */
  readonly turned: (id: EntryId) => void
  /** Drops versions for good, and ends the contents that nothing else names. */
  readonly drop: (id: EntryId, versions: readonly Stamp[]) => Promise<void>
}

/** The versions of files. Every method that changes something resolves once that is durable. SPEC VLT15. */
export interface FileVersions extends Pick<TreeFacet, 'versions' | 'useVersion' | 'removeVersion'> {
  /** Returns a version for reading, which goes on when it moves to another content. Throws HoardError 'not-found'. */
  readable(fileId: string, versionId: string): ReadableFile
}

/** Returns the versions of the files that `get` finds. */
export function createFileVersions({ vault, contents, get, turned, drop }: VersionsAsked): FileVersions {
  const entryOf = (fileId: string): VaultEntry => {
    const entry = vault.entries.get(idFromHex(get(fileId).id))
    if (entry === undefined) throw notFound('file')
    return entry
  }
  const find = (fileId: string, versionId: string): KeptVersion => {
    const version = keptVersions(entryOf(fileId)).find(({ id }) => nameOf(id) === versionId)
    if (version === undefined) throw notFound('version')
    return version
  }
  return {
    async versions(fileId) {
      return keptVersions(entryOf(fileId)).map(({ id, value: { content, size, at } }, index) => {
        const carrier = contents.get(idHex(content))
        const canDownload = carrier !== undefined && canRead(carrier)
        return { id: nameOf(id), size, addedAt: id.ms, modifiedAt: at, isCurrent: index === 0, canDownload }
      })
    },
    async useVersion(fileId, versionId) {
      const { id, value } = find(fileId, versionId)
      const entry = entryOf(fileId)
      if (currentVersion(entry)?.id === id) return
      if (contents.get(idHex(value.content)) === undefined) throw notFound('version')
      await vault.commit([{ id: entry.id, fields: { version: value } }])
      turned(entry.id)
    },
    async removeVersion(fileId, versionId) {
      const { id } = find(fileId, versionId)
      const entry = entryOf(fileId)
      if (keptVersions(entry).length < 2) throw new HoardError('format-invalid', { object: 'version', reason: 'the only one' })
      await drop(entry.id, [id])
    },
    readable(fileId, versionId) {
      const { name } = get(fileId)
      const { type, size } = find(fileId, versionId).value
      const carrier = () => {
        const content = contents.get(idHex(find(fileId, versionId).value.content))
        if (content === undefined) throw notFound('version')
        return content
      }
      return {
        name,
        type,
        size,
        get content() {
          return carrier()
        },
        get offset() {
          return find(fileId, versionId).value.offset
        },
      }
    },
  }
}

type KeptVersion = HeldVersion & { readonly value: Version }

/** Returns how a version is named outside of the vault. */
function nameOf({ ms, count, device }: Stamp): string {
  return `${ms}.${count}.${idHex(device)}`
}

function notFound(object: 'file' | 'version'): HoardError {
  return new HoardError('not-found', { object })
}
