import { openFetch, type FetchLine } from '../../protocol/fetch-shard.ts'
import { createStoreLines } from '../../protocol/store-lines.ts'
import type { ShardOffer, StoreExchange } from '../../protocol/store-shard.ts'
import type { PeerId } from '../../core/ids.ts'
import type { PeerParts } from '../api/peer-parts.ts'
import type { People } from './people.ts'

/** Long-lived streams to holders, opened when first needed: one to read shards and others to store them. */
export interface Lines {
  /** Returns the open line to `peer`. Throws what opening it threw. */
  to(peer: PeerId): Promise<FetchLine>
  /** Offers `peer` a shard. Throws what `askToStore` throws. */
  store(peer: PeerId, offer: ShardOffer, signal: AbortSignal): Promise<StoreExchange>
  /** Closes the lines to `peer`; stores under way go on, and the next call opens a fresh one. */
  drop(peer: PeerId): void
  close(): void
}

/** Returns lines, of which none is open yet. `signal` closes them all. */
export function createLines(
  { network, clock, coder }: Pick<PeerParts, 'network' | 'clock' | 'coder'>,
  people: Pick<People, 'known' | 'of'>,
  signal: AbortSignal,
): Lines {
  const lineByPeer = new Map<PeerId, Promise<FetchLine>>()
  const storeLines = createStoreLines(network, clock)
  const drop = (peer: PeerId): void => {
    lineByPeer.get(peer)?.then(
      (turn) => turn.close(),
      () => undefined,
    )
    lineByPeer.delete(peer)
    storeLines.drop(peer)
  }
  const close = (): void => {
    storeLines.close()
    for (const peer of [...lineByPeer.keys()]) drop(peer)
  }
  signal.addEventListener('abort', close, { once: true })
  return {
    to(peer) {
      const open = lineByPeer.get(peer)
      if (open !== undefined) return open
      const line = openFetch(network, clock, peer, { signal, hops: people.known(peer)?.hops ?? [], allocate: coder.spare })
      lineByPeer.set(peer, line)
      line.catch(() => {
        if (lineByPeer.get(peer) === line) lineByPeer.delete(peer)
      })
      return line
    },
    store: (peer, offer, storing) => storeLines.ask(peer, offer, { signal: storing, hops: people.of(peer).hops }),
    drop,
    close,
  }
}
