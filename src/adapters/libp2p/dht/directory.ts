import { CID } from 'multiformats/cid'
import { create as createDigest } from 'multiformats/hashes/digest'
import type { PeerStore } from '@libp2p/interface'
import { brandPeerId, type PeerId } from '../../../core/ids.ts'
import type { Clock } from '../../../ports/clock.ts'
import type { Directory } from '../../../ports/directory.ts'
import type { KadDHT } from './dht.ts'
import { isForeign } from '../identities.ts'
import { GIVEN } from './provider-records.ts'
import { within, startDeadline } from '../../../flow/deadline.ts'

const RAW = 0x55
const SHA2_256 = 0x12
/** Deadlines of a look-up and an announcement, which kad-dht would give three minutes each. */
const FIND_MS = 20_000
const ANNOUNCE_MS = 30_000
/** Most rounds in a row that may bring no new name. */
const FRUITLESS_ROUNDS = 4

/** Returns the key under which the DHT knows a 32-byte id: CIDv1, raw, with the id as SHA-256 digest. */
export function keyOf(id: Uint8Array): CID {
  return CID.createV1(RAW, createDigest(SHA2_256, id))
}

/** Returns the port over `dht`; addresses of providers go into `peerStore`, where dials find them. */
export function createDirectory(dht: KadDHT, peerStore: PeerStore, self: PeerId, clock: Clock, closing: AbortSignal): Directory {
  return {
    async announce(id) {
      await within(clock, ANNOUNCE_MS, closing, async (signal) => {
        for await (const _ of dht.provide(keyOf(id), { signal })) void _
        // The port never throws: its callers announce again long before records expire.
      }).catch(() => undefined)
    },
    async *find(id, options) {
      options?.signal?.throwIfAborted()
      const parent = options?.signal === undefined ? closing : AbortSignal.any([closing, options.signal])
      const deadline = startDeadline(clock, FIND_MS, parent)
      const seen = new Set<string>([self])
      try {
        // An answer draws some names of many: when it was full, another question brings others.
        for (let rounds = 0, isFull = true; isFull && rounds < FRUITLESS_ROUNDS; rounds++) {
          const before = seen.size
          const named = new Set<string>()
          for await (const event of dht.findProviders(keyOf(id), { signal: deadline.signal })) {
            if (event.name !== 'PROVIDER' && event.name !== 'PEER_RESPONSE') continue
            for (const provider of event.providers) {
              if (isForeign(provider.id)) continue
              const peer = brandPeerId(provider.id.toString())
              named.add(peer)
              if (seen.has(peer)) continue
              seen.add(peer)
              await peerStore.merge(provider.id, { multiaddrs: provider.multiaddrs }).catch(() => {})
              yield peer
            }
          }
          isFull = named.size >= GIVEN
          if (seen.size > before) rounds = -1
        }
      } catch {
        // A look-up that fails finds nobody more; the directory is a hint.
      } finally {
        deadline.clear()
      }
    },
  }
}
