import { peerIdFromCID, peerIdFromString } from '@libp2p/peer-id'
import type { Libp2pOptions } from 'libp2p'
import { CID } from 'multiformats/cid'
import { isForeign } from '../identities.ts'
import { createProviderRecords, type RecordLimits } from './provider-records.ts'
import { createSampleSet } from './sample-set.ts'

type Datastore = NonNullable<Libp2pOptions['datastore']>
type Key = Parameters<Datastore['get']>[0]
type Pair = { key: Key; value: Uint8Array }
type KnownPeer = Pair & { readonly peer: string }

const PROVIDERS = '/dht/provider'
const VALUES = '/dht/record/'
const PEERS = '/peers/'
/** Most bytes that are kept of one peer: eight addresses, their signed record, protocols. SPEC DIR5. */
const MAX_PEER_BYTES = 8_192
/** Number of peers that are drawn to find the one to forget. */
const LOOKED_AT = 16

/** Limits on what a node keeps from strangers. */
export interface DhtStoreLimits extends RecordLimits {
  /** Most peers whose addresses are kept, apart from this node; 4,096 when absent. */
  readonly peers?: number
  /** Tells whether a connection to `peer` (its text) is open, so that it must not be forgotten. */
  isNeeded?(peer: string): boolean
}

/** Throws the error that libp2p expects where a key is not kept. */
function notFound(key: Key): never {
  throw Object.assign(new Error(`no ${key.toString()}`), { name: 'NotFoundError' })
}

/** The bounded memory of libp2p. */
export interface DhtStore extends Datastore {
  has(key: Key): boolean
  /** Forgets `peer` unless it announced something that is still kept. */
  forget(peer: string): void
  /** Returns the bytes of everything that is kept now. */
  bytes(): number
}

/**
 * Returns the memory of a node: libp2p's own records of peers and the DHT's provider records, all bounded; it refuses values of the DHT.
 * Why: kad-dht 16.4 and peer-store 12 have neither a quota nor a size limit.
 */
export function createDhtStore(limits: DhtStoreLimits): DhtStore {
  const others = new Map<string, Pair>()
  const peers = new Map<string, KnownPeer>()
  const forgettable = createSampleSet<string>()
  const records = createProviderRecords<Pair>(limits)
  const { peers: maxPeers = 4_096, self, isNeeded = () => false } = limits
  let bytes = 0

  function removePeer(text: string): void {
    const known = peers.get(text)
    if (known === undefined) return
    bytes -= known.value.length
    peers.delete(text)
    forgettable.delete(text)
    // A name without addresses is useless.
    records.deletePeer(known.peer)
  }

  /** Draws some peers at random and forgets one that is not connected, if possible one that has announced nothing. */
  function forgetOne(newest: string): void {
    const looked = forgettable.draw(LOOKED_AT).flatMap((text) => peers.get(text) ?? [])
    const away = looked.filter(({ key, peer }) => key.toString() !== newest && !isNeeded(peer))
    const victim = away.find(({ peer }) => records.countOf(peer) === 0) ?? away[0]
    if (victim !== undefined) removePeer(victim.key.toString())
  }

  function putPeer(text: string, pair: Pair): void {
    const peer = peers.get(text)?.peer ?? peerAt(text)
    const isSelf = peer === self
    if (pair.value.length > MAX_PEER_BYTES && !isSelf) throw new Error('too much about one peer')
    bytes += pair.value.length - (peers.get(text)?.value.length ?? 0)
    peers.set(text, { ...pair, peer })
    if (!isSelf) forgettable.add(text)
    if (forgettable.size > maxPeers) forgetOne(text)
  }

  function put(key: Key, value: Uint8Array): Key {
    const text = key.toString()
    if (text.startsWith(VALUES)) throw new Error('this DHT keeps no values')
    if (text.startsWith(`${PROVIDERS}/`)) records.put(text, { key, value }, text.length + value.length)
    else if (text.startsWith(PEERS)) putPeer(text, { key, value })
    else others.set(text, { key, value })
    return key
  }

  function find(text: string): Pair | undefined {
    return peers.get(text) ?? records.get(text) ?? others.get(text)
  }

  function get(key: Key): Uint8Array {
    return find(key.toString())?.value ?? notFound(key)
  }

  function remove(text: string): void {
    removePeer(text)
    records.delete(text)
    others.delete(text)
  }

  function select<T>(
    all: Iterable<T>,
    query: { filters?: ((item: T) => boolean)[]; orders?: ((a: T, b: T) => number)[]; offset?: number; limit?: number },
  ): T[] {
    let found = [...all].filter((item) => (query.filters ?? []).every((filter) => filter(item)))
    for (const order of query.orders ?? []) found = found.sort(order)
    const start = query.offset ?? 0
    return found.slice(start, query.limit === undefined ? undefined : start + query.limit)
  }

  function withPrefix(prefix = ''): Pair[] {
    // An answer takes names of one id at random, and only of peers that can be found.
    if (prefix.startsWith(`${PROVIDERS}/`)) return records.drawFrom(prefix).filter(({ key }) => isFindable(key.toString()))
    return [...others.values(), ...peers.values(), ...records.all()].filter(({ key }) => key.toString().startsWith(prefix))
  }

  /** Tells whether the peer of a record is known: one name in an answer without a peer behind it would fail the whole answer. */
  function isFindable(record: string): boolean {
    const peer = record.slice(record.lastIndexOf('/') + 1)
    return peer === self || peers.has(keyOfPeer(peer))
  }

  return {
    put,
    get,
    has: (key) => find(key.toString()) !== undefined,
    delete: (key) => remove(key.toString()),
    forget(peer) {
      if (records.countOf(peer) === 0 && peer !== self) removePeer(keyOfPeer(peer))
    },
    bytes: () => [...records.all()].reduce((sum, { key, value }) => sum + key.toString().length + value.length, bytes),
    async *putMany(source) {
      for await (const pair of source) yield put(pair.key, pair.value)
    },
    async *getMany(source) {
      for await (const key of source) yield { key, value: get(key) }
    },
    async *deleteMany(source) {
      for await (const key of source) {
        remove(key.toString())
        yield key
      }
    },
    batch() {
      const changes: (() => void)[] = []
      return {
        put: (key, value) => void changes.push(() => void put(key, value)),
        delete: (key) => void changes.push(() => remove(key.toString())),
        commit: () => changes.splice(0).forEach((change) => change()),
      }
    },
    *query(query) {
      yield* select(withPrefix(query.prefix), query)
    },
    *queryKeys(query) {
      const keys = withPrefix(query.prefix).map((pair) => pair.key)
      yield* select(keys, query)
    },
  }
}

/** Returns the key under which libp2p's peer store keeps `peer`. */
function keyOfPeer(peer: string): string {
  return `${PEERS}${peerIdFromString(peer).toCID().toString()}`
}

/** Returns the peer that libp2p's peer store keeps under the key `text`. @throws Error when its identity is no Ed25519 key */
function peerAt(text: string): string {
  const peer = peerIdFromCID(CID.parse(text.slice(PEERS.length)))
  if (isForeign(peer)) throw new Error('this identity is no Ed25519 key')
  return peer.toString()
}
