import { HoardError } from '../../core/errors.ts'
import { checkWords, ownerKeysOf, type OwnerKeys } from '../../core/words.ts'
import type { PeerParts } from '../api/peer-parts.ts'
import type { RestoreView } from '../api/restore-view.ts'
import type { People } from '../people/people.ts'
import { openConfirmedWords } from '../vault/confirmed-words.ts'
import { openLocalVault } from '../vault/local-vault.ts'
import { vaultRemoval } from '../vault/log-rows.ts'
import { writeOwner } from '../vault/owner.ts'
import { findVault, type FoundVault } from './find-vault.ts'

/** What restoring works with. */
export interface RestoringAsked {
  readonly parts: PeerParts
  readonly people: People
  /** The owner's half: `change` closes it, has the disk changed and opens it again. */
  readonly seat: { change(write: () => Promise<void>): Promise<void>; view(): { readonly files: readonly unknown[] } }
  /** Called with how it goes. */
  readonly show: (view: RestoreView) => void
}

/** Returns the words of `text` in their one form. Throws HoardError 'words-invalid'. */
export const readWords: (text: string) => string = checkWords

/**
 * Looks for the list of files that `words` open until somebody gives it, takes it, and makes these words those of this device. Until it is
 * found nothing has changed.
 * @param words as `readWords` returns them
 * @throws HoardError 'words-invalid' when this device has files under other words; those of its own disk; `signal.reason`
 */
export async function restoreVault(asked: RestoringAsked, words: string, signal: AbortSignal): Promise<void> {
  const { parts, people, show } = asked
  refuseWhereFilesAre(asked)
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
  refuseWhereFilesAre(asked)
  await become(asked, words, ownerKeysOf(words), undefined)
  asked.show({ is: 'done' })
}

/** Files under other words would be in no list any more. */
function refuseWhereFilesAre({ seat }: RestoringAsked): void {
  if (seat.view().files.length > 0) throw new HoardError('words-invalid', { reason: 'files-here' })
}

/**
 * The words come first: a device that ends between them and the list has an empty one, and fetches what people have at its next start, as
 * every device does.
 */
function become({ parts, seat }: RestoringAsked, words: string, keys: OwnerKeys, found: FoundVault | undefined): Promise<void> {
  return seat.change(async () => {
    const owner = await writeOwner(parts, words, keys, await vaultRemoval(parts.catalog))
    await (await openConfirmedWords(parts.catalog)).note()
    if (found === undefined) return
    const vault = await openLocalVault(parts, { known: async () => owner, ensure: async () => owner })
    await vault.take(found.log, found.fetchLayer)
  })
}
