import { createChanges } from '../flow/changes.ts'
import { adoptContents } from './files/caring/adopt-contents.ts'
import { askForHolders } from './files/caring/ask-for-holders.ts'
import { careForLosses } from './files/caring/care-for-losses.ts'
import type { OwnFiles } from './files/own-files.ts'
import { renewLeases } from './files/caring/renew-leases.ts'
import { topUpRoots } from './files/caring/top-up-roots.ts'
import type { OwnNews } from './groups/own-news.ts'
import type { StoreTools } from './groups/owner-tools.ts'
import { recodeLate, type LoadedRecoding } from './late-recoding.ts'

/**
 * Cares for the owner's stored files until `signal` aborts: people who keep too little of them, losses, leases, holders that were not heard of, files
 * that the vault alone knows,
 * and files that could have more pieces, which what `load` loads codes anew. Throws `signal.reason`, and faults of this device.
 */
export async function careForFiles(
  tools: StoreTools,
  own: OwnFiles,
  news: OwnNews,
  load: () => Promise<LoadedRecoding>,
  signal: AbortSignal,
): Promise<void> {
  const losses = createChanges()
  await Promise.all([
    topUpRoots(tools, own, losses, signal),
    adoptContents(tools, own, signal),
    askForHolders(tools, own, news, signal),
    careForLosses(tools, own, losses, signal),
    renewLeases(tools, own, news, signal),
    recodeLate(tools, own, load, signal),
  ])
}
