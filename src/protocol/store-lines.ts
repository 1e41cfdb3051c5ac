import type { Clock } from '../ports/clock.ts'
import type { Network } from '../ports/network.ts'
import { openWire } from './conversation.ts'
import { KEPT_IDLE_MS } from './limits.ts'
import { type ShardOffer, type StoreLine, type StoreOptions, storeOn, type StoreExchange } from './store-shard.ts'
import { createWindow } from './pace/window.ts'
import { codeOf } from '../core/errors.ts'
import type { PeerId } from '../core/ids.ts'

/** Streams over which shards are stored: each carries one STORE after the other, and stays ready for the next for half a minute. */
export interface StoreLines {
  /**
   * Offers `peer` a shard over a free stream, opening one when there is none.
   * Throws what `askToStore` throws.
   */
  ask(peer: PeerId, offer: ShardOffer, options?: StoreOptions): Promise<StoreExchange>
  /** Ends the ready streams to `peer`. */
  drop(peer: PeerId): void
  close(): void
}

/** Most streams to one peer that stay ready; further ones are ended when they come back. */
const READY_AT_MOST = 2

/** Returns an empty set of streams. Source: SPEC.md STO7. */
export function createStoreLines(network: Network, clock: Clock): StoreLines {
  const readyByPeer = new Map<PeerId, { readonly line: StoreLine; readonly end: AbortController }[]>()

  function free(line: StoreLine): void {
    const { peer } = line.wire
    const ready = readyByPeer.get(peer) ?? []
    if (ready.length >= READY_AT_MOST) return void line.wire.close()
    const end = new AbortController()
    readyByPeer.set(peer, [...ready, { line, end }])
    clock.wait(KEPT_IDLE_MS, { signal: end.signal }).then(
      () => {
        remove(line)
        void line.wire.close()
      },
      () => undefined,
    )
  }

  function remove({ wire }: StoreLine): void {
    const left = (readyByPeer.get(wire.peer) ?? []).filter(({ line }) => line.wire !== wire)
    if (left.length > 0) readyByPeer.set(wire.peer, left)
    else readyByPeer.delete(wire.peer)
  }

  function takeReady(peer: PeerId): StoreLine | undefined {
    const taken = readyByPeer.get(peer)?.at(-1)
    if (taken === undefined) return undefined
    taken.end.abort()
    remove(taken.line)
    return taken.line
  }

  function drop(peer: PeerId): void {
    for (let line = takeReady(peer); line !== undefined; line = takeReady(peer)) line.wire.abort()
  }

  return {
    async ask(peer, offer, options = {}) {
      options.signal?.throwIfAborted()
      const ready = takeReady(peer)
      if (ready !== undefined) {
        try {
          return await storeOn(ready, offer, options)
        } catch (error) {
          // The fate of a stream that lay idle says nothing about the next one.
          if (codeOf(error) !== 'stream-closed') throw error
          drop(peer)
        }
      }
      const wire = await openWire(network, clock, peer, 'shard', options)
      return storeOn({ wire, window: createWindow(clock), onFree: free }, offer, options)
    },
    drop,
    close() {
      for (const peer of [...readyByPeer.keys()]) drop(peer)
    },
  }
}
