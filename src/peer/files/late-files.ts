import type { createFileVersions } from './file-versions.ts'
import type { reliedPieces, viewHolders } from './keepers.ts'
import type { createPacks } from './packs.ts'

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

/** What files need that is loaded late. */
export interface LateFiles {
  readonly loadPacks: () => Promise<LoadedPacks>
  readonly loadVersions: () => Promise<LoadedVersions>
  /** Ends of `unnamed` what may be ended, and resolves once that is durable. */
  readonly endUnnamed: () => Promise<void>
}
