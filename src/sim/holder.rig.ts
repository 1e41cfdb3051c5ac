import { createCoding } from '../adapters/coding/create-coding.ts'
import { createMemoryFiles, type MemoryFiles } from '../adapters/memory/memory-files.ts'
import { createMemoryNetwork, type MemoryNetwork } from '../adapters/memory/memory-network.ts'
import { openMemoryStorage } from '../adapters/memory/memory-storage.ts'
import { createSealOracle } from '../adapters/memory/seal-oracle.ts'
import { createSeededRandom } from '../adapters/memory/seeded-random.ts'
import { createVirtualClock, type VirtualClock } from '../adapters/memory/virtual-clock.ts'
import { createDeviceSigner } from '../adapters/storage/device-signer.ts'
import { concatBytes, type Bytes } from '../core/bytes.ts'
import { type CharterFields, signCharter, signTombstone } from '../core/charter.ts'
import { type ClaimFields, claimMessage, encodeClaim } from '../core/claim.ts'
import { decodeDescriptor, type Descriptor, encodeDescriptor, segmentIdOf, shardCountFor } from '../core/descriptor.ts'
import { encodeRows } from '../core/erasure.ts'
import { groupIdOf } from '../core/group.ts'
import { brandBytes, type GroupSeed, type SegmentId, type GroupId, type PeerId } from '../core/ids.ts'
import { groupKeyOf } from '../core/keys.ts'
import { hashLeaf, merkleRoot } from '../core/merkle.ts'
import { placedTarget, type Policy, defaultPolicy } from '../core/policy.ts'
import { leafSpan, leavesOfShard, stripeCount, stripeSpan } from '../core/segment.ts'
import { shardIdOf } from '../core/shard-id.ts'
import type { Catalog } from '../ports/catalog.ts'
import type { Coder } from '../ports/coder.ts'
import type { Network } from '../ports/network.ts'
import type { ShardStore } from '../ports/shard-store.ts'
import { handleGroup, tell, type GroupAnswer } from '../protocol/group.ts'
import { handleShard } from '../protocol/shard.ts'
import type { StoreRequest } from '../protocol/shard-messages.ts'
import { askToStore, type ShardOffer, type StoreOptions } from '../protocol/store-shard.ts'
import { createHolder, type Holder, type HolderParts } from '../peer/holding/holder.ts'
import { codeOf } from '../core/errors.ts'
import { signPermit } from '../core/permit.ts'
import { refusalOf } from '../protocol/refusal.ts'
import { createBusySubtle } from './busy-subtle.ts'

/** A segment on its owner's side: all shards, and the papers that place them. */
export interface OwnedSegment {
  readonly groupId: GroupId
  readonly segmentId: SegmentId
  readonly descriptor: Bytes
  readonly shards: readonly Bytes[]
  readonly leaves: number
  charter(fields?: Partial<CharterFields>): Bytes
  tombstone(seq: number): Bytes
  /** Returns the owner's permit for `holder` to keep a shard of a segment, of this one when none is named. */
  permit(holder: PeerId, index: number, segmentId?: SegmentId): Bytes
  /** Returns the offer by which the owner places the shard with `holder`. */
  offer(holder: PeerId, index: number): Required<ShardOffer> & StoreRequest
}

/** One holder with its disk, which outlives it. */
export interface RiggedHolder {
  readonly peer: PeerId
  readonly files: MemoryFiles
  readonly host: Holder
  readonly network: Network
}

/** Peers in one process on a clock that the test moves. */
export interface Rig {
  readonly clock: VirtualClock
  readonly swarm: MemoryNetwork
  /** The WebCrypto of its holders, and how many calls of it are under way. */
  readonly subtle: SubtleCrypto
  readonly inFlight: () => number
  join(name: string): Network
  holder(name: string, options?: HolderOptions): Promise<RiggedHolder>
  own(name: string, options?: { readonly sealedLength?: number; readonly k?: number; readonly n?: number }): OwnedSegment
  /** Returns the same shards under another group, as a person who saves a link makes them. */
  ownAgain(segment: OwnedSegment, name: string): OwnedSegment
  /** Stores one shard and returns the claim. */
  place(owner: Network, holder: PeerId, segment: OwnedSegment, index: number, options?: StoreOptions): Promise<Bytes>
}

/** The ways in which a holder of the rig differs from one that offers 1 GB. */
export interface HolderOptions extends Partial<
  Pick<HolderParts, 'offer' | 'allowance' | 'keepsForMe' | 'isServable' | 'evidence' | 'papers' | 'resendRate' | 'waitingBytes'>
> {
  readonly files?: MemoryFiles
  readonly policy?: Policy
  readonly shards?: (store: ShardStore) => ShardStore
  readonly catalog?: (catalog: Catalog) => Catalog
  readonly coder?: (coder: Coder) => Coder
}

/** Resolves with the refusal of `work`, or the code of another error, or 'done'. */
export async function outcome(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'done',
    (error: unknown) => refusalOf(error) ?? codeOf(error) ?? String(error),
  )
}

/** Returns the catalog with the rows of kept shards as versions without permits wrote them. */
export function withoutPermits(catalog: Catalog): Catalog {
  // Key 7 is the mark of a permit; without it the head of the map counts one field less.
  const older = (value: Uint8Array): Bytes => {
    const end = value.length - 2
    return value[end] === 7 ? concatBytes(Uint8Array.of(value[0] ?? 0, (value[1] ?? 0) - 1), value.subarray(2, end)) : new Uint8Array(value)
  }
  return {
    ...catalog,
    all: async (table) => {
      const records = await catalog.all(table)
      return table === 'descriptors' ? records.map(({ key, value }) => ({ key, value: older(value) })) : records
    },
  }
}

/** Resolves once `isSo` holds; checks it now and after every change of `host`. */
export function until(host: Holder, isSo: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const stop = host.watch(look)
    function look(): void {
      if (!isSo()) return
      stop()
      resolve()
    }
    look()
  })
}

/** Returns the bytes of disk that shards and reservations of `host` take, without the records about them. */
export function shardsOnDisk(host: Holder): number {
  const { usedBytes, paperBytes } = host.facts()
  return usedBytes - paperBytes
}

/** Resolves at the next change of `host`. Call it before anything that may bring the change; where that cannot be, wait `until` it is so. */
export function nextChange(host: Holder): Promise<void> {
  return new Promise((resolve) => {
    const stop = host.watch(() => {
      stop()
      resolve()
    })
  })
}

/** Returns a rig without peers. Streams behave as over WebRTC: only acknowledgements hold a writer back. */
export function createRig(): Rig {
  const { subtle, inFlight, settled } = createBusySubtle(crypto.subtle)
  const clock = createVirtualClock(undefined, settled)
  const swarm = createMemoryNetwork({ backPressure: 'none' })
  const signerOf = (name: string) => createDeviceSigner(createSeededRandom(`peer ${name}`).bytes(32))
  const join = (name: string): Network => swarm.join(signerOf(name).peerId).network
  return {
    clock,
    swarm,
    subtle,
    inFlight,
    join,
    holder: async (name, options = {}) => {
      const {
        files = createMemoryFiles(),
        policy = defaultPolicy,
        shards = (store) => store,
        catalog = (same) => same,
        coder = (same) => same,
        ...rest
      } = options
      const random = createSeededRandom(`device ${name} ${clock.now()}`)
      const storage = await openMemoryStorage({ files, random, subtle })
      const { network, directory } = swarm.join(signerOf(name).peerId)
      const host = await createHolder({
        network,
        directory,
        catalog: catalog(storage.catalog),
        shards: shards(storage.shards),
        coder: createSealOracle(subtle).watch(coder(createCoding(subtle))),
        signer: signerOf(name),
        clock,
        random,
        policy,
        offer: { isOn: true, offerBytes: 1_000_000_000 },
        ...rest,
      })
      handleShard(network, clock, host)
      handleGroup(network, clock, host)
      return { peer: network.self, files, host, network }
    },
    own: (name, { sealedLength = 1_000_000, k = 2, n = 4 } = {}) => ownSegment(name, { sealedLength, k, n }, clock),
    ownAgain: (segment, name) => paperSegment(name, segment.shards, decodeDescriptor(segment.descriptor), clock),
    place: async (owner, holder, segment, index, options) => {
      const turn = await askToStore(owner, clock, holder, segment.offer(holder, index), options)
      if (turn.is === 'kept') return turn.claim
      await turn.send((segment.shards[index] ?? new Uint8Array()).subarray(turn.from))
      return turn.finish()
    },
  }
}

/** A rig with one holder, Ada, and a peer that may do anything. */
export async function attacked() {
  const rig = createRig()
  return { rig, ada: await rig.holder('ada'), eve: rig.join('eve') }
}

/** The same, and Ada keeps the first piece of an owner's film. */
export async function storedRig() {
  const { rig, ada, eve } = await attacked()
  const [owner, segment] = [rig.join('owner'), rig.own('film')]
  await rig.place(owner, ada.peer, segment, 0)
  return { rig, ada, eve, owner, segment }
}

/** Returns a correctly signed claim of a made-up holder on piece 1 of the segment, or on `rows`. */
export async function claimOf(
  name: string,
  segment: OwnedSegment,
  seq: number,
  rows: ClaimFields['rows'] = [{ segmentId: segment.segmentId, index: 1 }],
): Promise<Bytes> {
  const signer = createDeviceSigner(createSeededRandom(`peer ${name}`).bytes(32))
  const fields = { groupId: segment.groupId, holder: signer.peerId, seq, rows, at: 0 }
  return encodeClaim(fields, await signer.sign(claimMessage(fields)))
}

/** Tells claims by as many strangers as it takes: one teller brings 32 people at most. SPEC GRO4. */
export async function tellBySeveral(rig: Rig, holder: PeerId, claims: readonly Bytes[]): Promise<void> {
  for (let at = 0; at < claims.length; at += 32) {
    await tell(rig.join(`stranger ${at}`), rig.clock, holder, { claims: claims.slice(at, at + 32) })
  }
}

function ownSegment(
  name: string,
  { sealedLength, k, n }: { readonly sealedLength: number; readonly k: number; readonly n: number },
  clock: VirtualClock,
): OwnedSegment {
  const shards = codeShards(createSeededRandom(`content ${name}`).bytes(sealedLength), k, shardCountFor(n))
  const shardIds = shards.map((shard, index) => {
    const spans = Array.from({ length: leavesOfShard(sealedLength, k) }, (_, leaf) => leafSpan(sealedLength, k, leaf))
    const digests = spans.map(({ offset, length }) => hashLeaf(shard.subarray(offset, offset + length)))
    return shardIdOf(index, shard.length, merkleRoot(digests))
  })
  return paperSegment(name, shards, { k, m: placedTarget(k, n), n, sealedLength, shardIds }, clock)
}

function paperSegment(name: string, shards: readonly Bytes[], code: Omit<Descriptor, 'groupKey'>, clock: VirtualClock): OwnedSegment {
  const seed = brandBytes<GroupSeed>(createSeededRandom(`group ${name}`).bytes(32))
  const groupKey = groupKeyOf(seed)
  const descriptor = encodeDescriptor({ ...code, groupKey })
  const segmentId = segmentIdOf(descriptor)
  const charter = (fields: Partial<CharterFields> = {}): Bytes =>
    signCharter(seed, {
      groupKey,
      seq: 1000,
      until: clock.now() + 86_400_000,
      grace: 0,
      root: { kind: 0, segmentId, r: new Uint8Array() },
      retired: [],
      ...fields,
    })
  const permit = (holder: PeerId, index: number, of = segmentId): Bytes => signPermit(seed, { holder, segmentId: of, index })
  return {
    groupId: groupIdOf(groupKey),
    segmentId,
    descriptor,
    shards,
    leaves: leavesOfShard(code.sealedLength, code.k),
    charter,
    permit,
    offer: (holder, index) => ({ descriptor, charter: charter(), index, permit: permit(holder, index) }),
    tombstone: (seq) => signTombstone(seed, { groupKey, seq }),
  }
}

function codeShards(sealed: Bytes, k: number, t: number): readonly Bytes[] {
  const rows = Array.from({ length: t }, (_, row) => row)
  const slices: Bytes[][] = rows.map(() => [])
  for (let stripe = 0; stripe < stripeCount(sealed.length, k); stripe++) {
    const { offset, length, sliceBytes } = stripeSpan(sealed.length, k, stripe)
    const coded = encodeRows({ k, t }, sealed.slice(offset, offset + length), rows)
    for (const row of rows) slices[row]?.push(coded.slice(row * sliceBytes, (row + 1) * sliceBytes))
  }
  return slices.map((parts) => concatBytes(...parts))
}

/** Returns every claim of an answer to WHO: the holder's own and those of others. */
export function allClaims({ own, claims }: GroupAnswer): readonly Bytes[] {
  return own === undefined ? claims : [own, ...claims]
}
