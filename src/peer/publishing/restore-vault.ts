import { checkWords, ownerKeysOf, type OwnerKeys } from '../../core/words.ts'
import type { PeerParts } from '../api/peer-parts.ts'
import type { RestoreView } from '../api/restore-view.ts'
import type { People } from '../people/people.ts'
import { openConfirmedWords } from '../vault/confirmed-words.ts'
import { openLocalVault } from '../vault/local-vault.ts'
import { vaultRemoval } from '../vault/log-rows.ts'
import { writeOwner } from '../vault/owner.ts'
import { carryInto, filesHere } from './carry-files.ts'
import { findVault, type FoundVault } from './find-vault.ts'
import { stageCatalog } from './stage-catalog.ts'

/** What restoring works with. */
export interface RestoringAsked {
  readonly parts: PeerParts
  readonly people: People
  /** The owner's half: `change` closes it, has the disk changed and opens it again. */
  readonly seat: { change(write: () => Promise<void>): Promise<void> }
  /** Called with how it goes. */
  readonly show: (view: RestoreView) => void
}

/** Returns the words of `text` in their one form. Throws HoardError 'words-invalid'. */
export const readWords: (text: string) => string = checkWords

/**
 * Looks for the list of files that `words` open until somebody gives it, takes it, and makes these words those of this device. Files that are
 * here under other words go along into that list. Until it is found nothing has changed, and where the files here are under these very words
 * nothing does.
 * @param words as `readWords` returns them
 * @throws HoardError 'words-invalid' {reason: 'files-not-ready'} while a file here cannot go along; those of its own disk; `signal.reason`
 * Source: core SPEC.md VLT28, VLT33.
 */
export async function restoreVault(asked: RestoringAsked, words: string, signal: AbortSignal): Promise<void> {
  const { parts, people, show } = asked
  if ((await filesHere(parts, words)).areOfWords) return show({ is: 'done' })
  const keys = ownerKeysOf(words)
  const begunAt = parts.clock.ran()
  const look = (): void => show({ is: 'looking', sinceMs: parts.clock.ran() - begunAt, people: people.here().length })
  look()
  const found = await findVault(parts, people, keys, { signal, onLooked: look })
  show({ is: 'found', files: found.files, changedAt: found.changedAt, ...(found.label !== undefined && { device: found.label }) })
  await become(asked, words, keys, found)
  show({ is: 'done' })
}

/** Makes `words` those of this device with an empty list, as the person says that there is none. Throws like `restoreVault`. */
export async function openEmptyVault(asked: RestoringAsked, words: string): Promise<void> {
  if (!(await filesHere(asked.parts, words)).areOfWords) await become(asked, words, ownerKeysOf(words), undefined)
  asked.show({ is: 'done' })
}

/** Changes the disk in one write: a device that ends before it has everything as it was, and one that ends after it has all of the new. */
function become({ parts, seat }: RestoringAsked, words: string, keys: OwnerKeys, found: FoundVault | undefined): Promise<void> {
  return seat.change(async () => {
    const stage = stageCatalog(parts.catalog)
    const staged = { ...parts, catalog: stage.catalog }
    const carried = await filesHere(staged, words)
    const owner = await writeOwner(staged, words, keys, await vaultRemoval(stage.catalog))
    await (await openConfirmedWords(stage.catalog)).note()
    const vault = await openLocalVault(staged, { known: async () => owner, ensure: async () => owner })
    if (found !== undefined) await vault.take(found.log, found.fetchLayer)
    await carryInto(staged, carried, owner, vault)
    await stage.write()
  })
}
