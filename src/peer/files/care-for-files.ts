import { createChanges } from '../../flow/changes.ts'
import type { OwnNews } from '../groups/own-news.ts'
import type { StoreTools } from '../groups/owner-tools.ts'
import { askForHolders } from './ask-for-holders.ts'
import { careForLosses } from './care-for-losses.ts'
import type { OwnFiles } from './own-files.ts'
import { renewLeases } from './renew-leases.ts'
import { topUpRoots } from './top-up-roots.ts'

/**
 * Cares for the owner's stored files until `signal` aborts: people who keep too little of them, losses, leases, and holders that were not
 * heard of. Throws `signal.reason`, and faults of this device.
 */
export async function careForFiles(tools: StoreTools, own: OwnFiles, news: OwnNews, signal: AbortSignal): Promise<void> {
  const losses = createChanges()
  await Promise.all([
    topUpRoots(tools, own, losses, signal),
    askForHolders(tools, own, news, signal),
    careForLosses(tools, own, losses, signal),
    renewLeases(tools, own, news, signal),
  ])
}
