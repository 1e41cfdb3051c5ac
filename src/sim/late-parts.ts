import type { LateParts } from '../peer/late-parts.ts'
import { careForFiles } from '../peer/care-for-files.ts'
import { createFileVersions } from '../peer/files/file-versions.ts'
import { reliedPieces, viewHolders } from '../peer/files/keepers.ts'
import { createPacks } from '../peer/files/packs.ts'
import { openOwner } from '../peer/open-owner.ts'
import { openEnding } from '../peer/files/ending/ending.ts'
import { openHandOver } from '../peer/leaving/hand-over.ts'
import { recodeFiles } from '../peer/recoding/recode-files.ts'
import { openPublishing } from '../peer/publishing/publish-vault.ts'
import { openEmptyVault, readWords, restoreVault } from '../peer/publishing/restore-vault.ts'
import { openRepairs } from '../peer/repairing/repairs.ts'
import { entriesUnder, removalOf, removeEntries } from '../peer/files/remove-entries.ts'
import { freeCopy } from '../peer/storing/free-copy.ts'
import { createTreeActs } from '../peer/tree/tree-acts.ts'
import { importOldVault } from '../peer/vault/old-vault.ts'

/** The parts of a peer that are loaded late, at hand: a script that comes in its own time would come at any time of a virtual clock. */
export const partsAtHand: LateParts = {
  loadOwner: async () => ({ openOwner }),
  loadGuardian: async () => ({ openRepairs }),
  loadLeaving: async () => ({ openHandOver }),
  loadPublishing: async () => ({ openPublishing }),
  loadEnding: async () => ({ openEnding }),
  loadRestoring: async () => ({ readWords, restoreVault, openEmptyVault }),
  loadPacks: async () => ({ createPacks }),
  loadVersions: async () => ({ createFileVersions }),
  loadKeepers: async () => ({ reliedPieces, viewHolders }),
  loadFreeCopy: async () => ({ freeCopy }),
  loadRemoval: async () => ({ entriesUnder, removalOf, removeEntries }),
  loadTreeActs: async () => ({ createTreeActs }),
  loadCare: async () => ({ careForFiles }),
  loadRecoding: async () => ({ recodeFiles }),
  loadOldVault: async () => ({ importOldVault }),
}

/** The same, but the owner's list of files stays on its device: for stories in which every piece that people keep is one of a file. */
export const unpublished: LateParts = { ...partsAtHand, loadPublishing: () => new Promise(() => undefined) }
