import { sha256 } from '@noble/hashes/sha2.js'
import { utf8 } from '../../../core/bytes.ts'
import { createSampleSet, type SampleSet } from './sample-set.ts'

/** Most names of one id that are kept, and most of them with peers in one known network (IPv4 /24, IPv6 /48). SPEC DIR4. */
const PROVIDERS_PER_ID = 128
const PROVIDERS_PER_ID_AND_NETWORK = 4
/** Most names of one id that are given at once: kad-dht looks for one more, and with that many it would ask nobody else. SPEC DIR4. */
export const GIVEN = 19
/** Longest record: key and value. An honest one has 135 bytes. SPEC DIR3. */
export const MAX_RECORD_BYTES = 192
/** Number of records that are drawn to find the one to forget. */
const LOOKED_AT = 16

/** Most announcements that are kept. */
export interface RecordLimits {
  /** Most records in all. */
  readonly providers: number
  /** Most records of any one peer. */
  readonly providersPerPeer: number
  /** This node's own name: its announcements are never forgotten for those of others. */
  readonly self?: string
  /** Returns the network of `peer`, or `peer` itself where its network is not known. */
  networkOf?(peer: string): string
}

/** Announcements by id; keys are `.../<id>/<peer>`. */
export interface ProviderRecords<Pair> {
  /** Keeps one record, and forgets another where there are too many. @throws Error when it is too long */
  put(text: string, value: Pair, bytes: number): void
  get(text: string): Pair | undefined
  delete(text: string): void
  /** Forgets everything that `peer` announced. */
  deletePeer(peer: string): void
  countOf(peer: string): number
  /** Returns some records below `prefix`, the key without the peer, drawn at random. */
  drawFrom(prefix: string): Pair[]
  all(): Iterable<Pair>
}

/** Returns an empty memory of announcements. The cost of every method but `all` does not grow with their number. SPEC DIR3, DIR4. */
export function createProviderRecords<Pair>(limits: RecordLimits): ProviderRecords<Pair> {
  const pairs = new Map<string, Pair>()
  const everything = createSampleSet<string>()
  const byPeer = new Map<string, SampleSet<string>>()
  const byId = new Map<string, Set<string>>()
  const countByNetwork = new Map<string, number>()
  const networkByRecord = new Map<string, string>()
  const lots = new Map<string, number>()
  const salt = crypto.getRandomValues(new Uint8Array(16))

  /** Returns the lot of a record, which nobody else can know and which is always the same: a peer gains nothing by announcing again. */
  function lotOf(text: string): number {
    const digest = sha256.create().update(salt).update(utf8(text)).digest()
    return new DataView(digest.buffer, digest.byteOffset).getUint32(0)
  }

  function remove(text: string): void {
    if (!pairs.delete(text)) return
    lots.delete(text)
    everything.delete(text)
    const [id, peer] = split(text)
    drop(byPeer, peer, text)
    drop(byId, id, text)
    const network = networkByRecord.get(text) ?? peer
    networkByRecord.delete(text)
    const left = (countByNetwork.get(network) ?? 1) - 1
    if (left > 0) countByNetwork.set(network, left)
    else countByNetwork.delete(network)
  }

  function isOwn(text: string): boolean {
    return limits.self !== undefined && split(text)[1] === limits.self
  }

  /**
   * Removes the record with the highest lot of one id when there are more than `most`: every peer that announced the id is as likely to be
   * kept as any other.
   */
  function keepLowest(texts: readonly string[], most: number): void {
    if (texts.length <= most) return
    const [first = '', ...rest] = texts.filter((text) => !isOwn(text))
    remove(rest.reduce((highest, text) => ((lots.get(text) ?? 0) > (lots.get(highest) ?? 0) ? text : highest), first))
  }

  /**
   * Forgets, among some records drawn at random, one of the network with most records, then of the peer with most: a peer that announces
   * little is not pushed out.
   */
  function forgetOne(): void {
    const looked = everything.draw(LOOKED_AT).filter((text) => !isOwn(text))
    const weightOf = (text: string): readonly [number, number] => [
      countByNetwork.get(networkByRecord.get(text) ?? '') ?? 0,
      byPeer.get(split(text)[1])?.size ?? 0,
    ]
    const [heaviest] = looked.sort((a, b) => {
      const [[networkA, peerA], [networkB, peerB]] = [weightOf(a), weightOf(b)]
      return networkB - networkA || peerB - peerA
    })
    if (heaviest !== undefined) remove(heaviest)
  }

  return {
    put(text, value, bytes) {
      if (bytes > MAX_RECORD_BYTES) throw new Error('this announcement is too long')
      const [id, peer] = split(text)
      if (pairs.has(text)) return void pairs.set(text, value)
      pairs.set(text, value)
      lots.set(text, lotOf(text))
      everything.add(text)
      const own = byPeer.get(peer) ?? createSampleSet<string>()
      own.add(text)
      byPeer.set(peer, own)
      const ofId = byId.get(id) ?? new Set()
      ofId.add(text)
      byId.set(id, ofId)
      const network = limits.networkOf?.(peer) ?? peer
      networkByRecord.set(text, network)
      countByNetwork.set(network, (countByNetwork.get(network) ?? 0) + 1)
      const neighbours = network === peer ? [] : [...ofId].filter((one) => networkByRecord.get(one) === network)
      keepLowest(neighbours, PROVIDERS_PER_ID_AND_NETWORK)
      keepLowest([...ofId], PROVIDERS_PER_ID)
      if (own.size > limits.providersPerPeer && peer !== limits.self) for (const one of own.draw(1)) remove(one)
      if (pairs.size > limits.providers) forgetOne()
    },
    get: (text) => pairs.get(text),
    delete: remove,
    deletePeer(peer) {
      const own = byPeer.get(peer)
      for (const text of own?.draw(own.size) ?? []) remove(text)
    },
    countOf: (peer) => byPeer.get(peer)?.size ?? 0,
    drawFrom(prefix) {
      const texts = createSampleSet<string>()
      for (const text of byId.get(prefix) ?? []) texts.add(text)
      return texts.draw(GIVEN).flatMap((text) => pairs.get(text) ?? [])
    },
    all: () => pairs.values(),
  }
}

/** Returns the key without its last part, and that part, the peer. */
function split(text: string): readonly [id: string, peer: string] {
  const at = text.lastIndexOf('/')
  return [text.slice(0, at), text.slice(at + 1)]
}

function drop(sets: Map<string, { readonly size: number; delete(text: string): unknown }>, key: string, text: string): void {
  const set = sets.get(key)
  set?.delete(text)
  if (set?.size === 0) sets.delete(key)
}
