import type { LoadedRecoding } from './late-recoding.ts'
import type { LoadedFreeCopy, LoadedKeepers, LoadedPacks, LoadedRemoval, LoadedVersions } from './files/late-files.ts'
import type { openHandOver } from './leaving/hand-over.ts'
import type { LoadedCare, LoadedEnding, LoadedOldVault, LoadedPublishing, LoadedTreeActs, openOwner } from './open-owner.ts'
import type { openEmptyVault, readWords, restoreVault } from './publishing/restore-vault.ts'
import type { openRepairs } from './repairing/repairs.ts'

/** The module of the owner's half. */
export interface LoadedOwner {
  readonly openOwner: typeof openOwner
}

/** The module of the guardian. */
export interface LoadedGuardian {
  readonly openRepairs: typeof openRepairs
}

/** The module that hands over. */
export interface LoadedLeaving {
  readonly openHandOver: typeof openHandOver
}

/** The module that restores from recovery words. */
export interface LoadedRestoring {
  readonly readWords: typeof readWords
  readonly restoreVault: typeof restoreVault
  readonly openEmptyVault: typeof openEmptyVault
}

/** Loads the parts of a peer that are chunks of their own. */
export interface LateParts {
  readonly loadOwner: () => Promise<LoadedOwner>
  readonly loadGuardian: () => Promise<LoadedGuardian>
  readonly loadLeaving: () => Promise<LoadedLeaving>
  readonly loadPublishing: () => Promise<LoadedPublishing>
  readonly loadEnding: () => Promise<LoadedEnding>
  readonly loadRestoring: () => Promise<LoadedRestoring>
  readonly loadPacks: () => Promise<LoadedPacks>
  readonly loadVersions: () => Promise<LoadedVersions>
  readonly loadKeepers: () => Promise<LoadedKeepers>
  readonly loadFreeCopy: () => Promise<LoadedFreeCopy>
  readonly loadRemoval: () => Promise<LoadedRemoval>
  readonly loadTreeActs: () => Promise<LoadedTreeActs>
  readonly loadCare: () => Promise<LoadedCare>
  readonly loadRecoding: () => Promise<LoadedRecoding>
  readonly loadOldVault: () => Promise<LoadedOldVault>
}

/** The parts as they are in this build. */
export const lateParts: LateParts = {
  loadOwner: () => import('./open-owner.ts'),
  loadGuardian: () => import('./repairing/repairs.ts'),
  loadLeaving: () => import('./leaving/hand-over.ts'),
  loadPublishing: () => import('./publishing/publish-vault.ts'),
  loadEnding: () => import('./files/ending/ending.ts'),
  loadRestoring: () => import('./publishing/restore-vault.ts'),
  loadPacks: () => import('./files/packs.ts'),
  loadVersions: () => import('./files/file-versions.ts'),
  loadKeepers: () => import('./files/keepers.ts'),
  loadFreeCopy: () => import('./storing/free-copy.ts'),
  loadRemoval: () => import('./files/remove-entries.ts'),
  loadTreeActs: () => import('./tree/tree-acts.ts'),
  loadCare: () => import('./care-for-files.ts'),
  loadRecoding: () => import('./recoding/recode-files.ts'),
  loadOldVault: () => import('./vault/old-vault.ts'),
}
