import { sha256 } from '@noble/hashes/sha2.js'
import { utf8 } from '../../../core/bytes.ts'
import { createSampleSet, type SampleSet } from './sample-set.ts'

/** Names of one id that are kept, and of them those whose peers are in one known network (IPv4 /24, IPv6 /48). SPEC DIR4. */
const PROVIDERS_PER_ID = 128
const PROVIDERS_PER_ID_AND_NETWORK = 4
/** Names of one id that are given at once: one fewer than kad-dht looks for, which would not ask anybody else any more. SPEC DIR4. */
export const GIVEN = 19
/** Longest record: key and value. An honest one has 135 bytes. SPEC DIR3. */
export const MAX_RECORD_BYTES = 192
/** How many records are looked at to find the one to forget. */
const LOOKED_AT = 16

/** How much is kept of what peers announce. */
export interface RecordLimits {
  /** Records in all. */
  readonly providers: number
  /** Records of any one peer. */
  readonly providersPerPeer: number
  /** This node's own name: what it announces itself is never forgotten for others. */
  readonly self?: string
  /** Returns the network in which `peer` is, or `peer` itself where that is not known. */
  networkOf?(peer: string): string
}

/** Announcers by id; keys are `.../<id>/<peer>`. */
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

/** Returns an empty memory of announcements. Every question costs the same however many there are, but for `all`. SPEC DIR3, DIR4. */
export function createProviderRecords<Pair>(limits: RecordLimits): ProviderRecords<Pair> {
  const pairs = new Map<string, Pair>()
  const everything = createSampleSet<string>()
  const byPeer = new Map<string, SampleSet<string>>()
  const byId = new Map<string, Set<string>>()
  const countByNetwork = new Map<string, number>()
  const networkByRecord = new Map<string, string>()
  const lots = new Map<string, number>()
  const salt = crypto.getRandomValues(new Uint8Array(16))

  /** A lot that nobody else can know, drawn once for each record: saying the same thing again changes nothing. */
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

  /** Of the records of one id those with the lowest lots stay: every peer that announced it is as likely to be kept as any other. */
  function keepLowest(texts: readonly string[], most: number): void {
    if (texts.length <= most) return
    const [first = '', ...rest] = texts.filter((text) => !isOwn(text))
    remove(rest.reduce((highest, text) => ((lots.get(text) ?? 0) > (lots.get(highest) ?? 0) ? text : highest), first))
  }

  /** Forgets one record of whoever has most: first by network, then by peer. Others cannot push out a peer that announces little. */
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

/** The key without its last part, and that part, which is the peer. */
function split(text: string): readonly [id: string, peer: string] {
  const at = text.lastIndexOf('/')
  return [text.slice(0, at), text.slice(at + 1)]
}

function drop(sets: Map<string, { readonly size: number; delete(text: string): unknown }>, key: string, text: string): void {
  const set = sets.get(key)
  set?.delete(text)
  if (set?.size === 0) sets.delete(key)
}
