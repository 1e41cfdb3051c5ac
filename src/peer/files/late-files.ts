import type { createFileVersions } from './file-versions.ts'
import type { reliedPieces, viewHolders } from './keepers.ts'
import type { createPacks } from './packs.ts'
import type { entriesUnder, removalOf, removeEntries } from './remove-entries.ts'
import type { freeCopy } from '../storing/free-copy.ts'

/** The module that cares for packs after a drop. */
export interface LoadedPacks {
  readonly createPacks: typeof createPacks
}

/** The module that lists and changes the versions of files. */
export interface LoadedVersions {
  readonly createFileVersions: typeof createFileVersions
}

/** The module that tells who keeps a file. */
export interface LoadedKeepers {
  readonly viewHolders: typeof viewHolders
  readonly reliedPieces: typeof reliedPieces
}

/** The module that removes the copy of a stored file from this device. */
export interface LoadedFreeCopy {
  readonly freeCopy: typeof freeCopy
}

/** The module that deletes for good. */
export interface LoadedRemoval {
  readonly entriesUnder: typeof entriesUnder
  readonly removalOf: typeof removalOf
  readonly removeEntries: typeof removeEntries
}

/** What files need that is loaded late. */
export interface LateFiles {
  readonly loadPacks: () => Promise<LoadedPacks>
  readonly loadVersions: () => Promise<LoadedVersions>
  readonly loadFreeCopy: () => Promise<LoadedFreeCopy>
  readonly loadRemoval: () => Promise<LoadedRemoval>
  /** Ends of `unnamed` what may be ended, and resolves once that is durable. */
  readonly endUnnamed: () => Promise<void>
}
