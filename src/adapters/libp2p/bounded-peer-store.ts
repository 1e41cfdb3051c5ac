import type { Address, PeerData, PeerId as PeerIdOfLibp2p, PeerStore } from '@libp2p/interface'
import { MAX_ADDRESS_BYTES, MAX_ADDRESSES } from './dht/dht-guard.ts'

/** Most protocols of a peer, the longest of their names, and the most bytes of its signed record or of a statement about its program. */
const MAX_PROTOCOLS = 32
const MAX_PROTOCOL_CHARACTERS = 128
const MAX_RECORD_BYTES = 4_096
const MAX_METADATA_BYTES = 256

/**
 * Makes `store` keep little about each peer, whatever the source: identify, announcements, answers of the DHT. Hearsay about a peer never
 * pushes out what the peer itself signed; of hearsay the newest stays. Entries of `self` are our own and stay as they are.
 * Source: SPEC.md DIR5.
 */
export function boundPeerStore(store: PeerStore, self: PeerIdOfLibp2p): void {
  const save = store.save.bind(store)
  const patch = store.patch.bind(store)
  const merge = store.merge.bind(store)
  store.save = (peer, data, options) => save(peer, peer.equals(self) ? data : bounded(data), options)
  store.patch = (peer, data, options) => patch(peer, peer.equals(self) ? data : bounded(data), options)
  store.merge = async (peer, data, options) => {
    if (peer.equals(self)) return merge(peer, data, options)
    const { addresses, ...rest } = bounded(data)
    const known = addresses === undefined ? undefined : await store.get(peer, options).catch(() => undefined)
    if (addresses === undefined || known === undefined) return merge(peer, { ...rest, ...(addresses && { addresses }) }, options)
    await merge(peer, rest, options)
    return patch(peer, { addresses: together(known.addresses, addresses) }, options)
  }
}

function bounded({ multiaddrs, addresses, protocols, metadata, peerRecordEnvelope, ...rest }: PeerData): Omit<PeerData, 'multiaddrs'> {
  const given = multiaddrs?.map((address): Address => ({ multiaddr: address, isCertified: false }))
  const all = given === undefined && addresses === undefined ? undefined : [...(given ?? []), ...(addresses ?? [])]
  const entries = metadata instanceof Map ? [...metadata] : Object.entries(metadata ?? {})
  return {
    ...rest,
    ...(all && { addresses: together([], all) }),
    ...(protocols && { protocols: protocols.filter((name) => name.length <= MAX_PROTOCOL_CHARACTERS).slice(0, MAX_PROTOCOLS) }),
    ...(metadata && {
      metadata: Object.fromEntries(entries.filter(([, value]) => (value?.length ?? 0) <= MAX_METADATA_BYTES).slice(0, 4)),
    }),
    ...(peerRecordEnvelope && peerRecordEnvelope.length <= MAX_RECORD_BYTES && { peerRecordEnvelope }),
  }
}

/** Returns at most eight addresses: first those the peer signed, then the new ones, then the old ones. */
function together(known: readonly Address[], fresh: readonly Address[]): Address[] {
  const byText = new Map<string, Address>()
  const short = [...known.filter((one) => one.isCertified), ...fresh, ...known.filter((one) => !one.isCertified)].filter(
    ({ multiaddr }) => multiaddr.bytes.length <= MAX_ADDRESS_BYTES,
  )
  for (const address of short) {
    if (byText.size >= MAX_ADDRESSES) break
    const text = address.multiaddr.toString()
    if (!byText.has(text)) byText.set(text, address)
  }
  return [...byText.values()]
}
