import type { LoadedRecoding } from './late-recoding.ts'
import type { openHandOver } from './leaving/hand-over.ts'
import type { LoadedCare, LoadedOldVault, openOwner } from './open-owner.ts'
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

/** Loads the parts of a peer that are chunks of their own. */
export interface LateParts {
  readonly loadOwner: () => Promise<LoadedOwner>
  readonly loadGuardian: () => Promise<LoadedGuardian>
  readonly loadLeaving: () => Promise<LoadedLeaving>
  readonly loadCare: () => Promise<LoadedCare>
  readonly loadRecoding: () => Promise<LoadedRecoding>
  readonly loadOldVault: () => Promise<LoadedOldVault>
}

/** The parts as they are in this build. */
export const lateParts: LateParts = {
  loadOwner: () => import('./open-owner.ts'),
  loadGuardian: () => import('./repairing/repairs.ts'),
  loadLeaving: () => import('./leaving/hand-over.ts'),
  loadCare: () => import('./care-for-files.ts'),
  loadRecoding: () => import('./recoding/recode-files.ts'),
  loadOldVault: () => import('./vault/old-vault.ts'),
}
