import { equalBytes, type Bytes } from '../../core/bytes.ts'
import type { GroupId, PeerId } from '../../core/ids.ts'
import { isDeleted } from '../../core/vault/entry.ts'
import { MAX_SLOTS } from '../../core/vault/log-entry.ts'
import type { GroupHost } from '../../protocol/group.ts'
import { refusalOf, refused } from '../../protocol/refusal.ts'
import type { StoreTools } from '../groups/owner-tools.ts'

/** The other devices of an owner, as peers. SPEC LOG6. */
export interface OwnDevices {
  /** Those that can be reached now. */
  here(): readonly PeerId[]
  /**
   * Returns `host` with LOG-PUT of the vault's group taken from these devices too, whether this one keeps a piece of the group or not.
   * @param taker what takes the entries; undefined until the vault is open
   */
  inFrontOf(host: GroupHost, taker: () => LogTaker | undefined): GroupHost
}

/** Takes what another device of the owner wrote. */
export interface LogTaker {
  readonly groupId: GroupId
  /** Resolves once all that is new among `entries` is durable. */
  take(peer: PeerId, entries: readonly Bytes[]): Promise<void>
}

/** Returns the devices that the vault names, but for this one and those that were removed. */
export function createOwnDevices(
  { parts: { network }, people, vault }: Pick<StoreTools, 'parts' | 'people' | 'vault'>,
  signal: AbortSignal,
): OwnDevices {
  let known: ReadonlySet<PeerId> | undefined
  signal.addEventListener(
    'abort',
    vault.changes.watch(() => (known = undefined)),
    { once: true },
  )
  const all = (): ReadonlySet<PeerId> => {
    if (known !== undefined) return known
    const peers = [...vault.entries.values()].flatMap((entry) => (isDeleted(entry) ? [] : (entry.device?.value.peer ?? [])))
    return (known = new Set(peers.filter((peer) => peer !== network.self).slice(0, MAX_SLOTS)))
  }
  return {
    here: () => [...all()].filter((peer) => people.isReachable(peer)),
    inFrontOf: (host, taker) => ({
      ...host,
      async putLog(peer, groupId, entries) {
        const keep = async (): Promise<void> => {
          if (host.putLog === undefined) throw refused('UNKNOWN')
          await host.putLog(peer, groupId, entries)
        }
        const ours = taker()
        if (ours === undefined || !equalBytes(groupId, ours.groupId) || !all().has(peer)) return keep()
        await ours.take(peer, entries)
        // It may be one of those who keep the log as well.
        await keep().catch((error: unknown) => {
          if (refusalOf(error) !== 'UNKNOWN') throw error
        })
      },
    }),
  }
}
