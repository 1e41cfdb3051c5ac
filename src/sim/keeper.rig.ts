import { createPrivateKey, sign, type KeyObject } from 'node:crypto'
import { createMemoryFiles, type MemoryFiles } from '../adapters/memory/memory-files.ts'
import { openMemoryStorage } from '../adapters/memory/memory-storage.ts'
import { createSeededRandom } from '../adapters/memory/seeded-random.ts'
import { openStorage } from '../adapters/storage/open-storage.ts'
import { concatBytes, fromHex, type Bytes } from '../core/bytes.ts'
import { readCharter, signCharter } from '../core/charter.ts'
import { claimMessage, encodeClaim } from '../core/claim.ts'
import { encodeDescriptor, segmentIdOf, shardCountFor } from '../core/descriptor.ts'
import { groupIdOf } from '../core/group.ts'
import { brandBytes, type GroupId, type GroupSeed, type PeerId, type SegmentId, type ShardId } from '../core/ids.ts'
import { groupKeyOf } from '../core/keys.ts'
import { hashLeaf, merkleRoot } from '../core/merkle.ts'
import { peerIdOf } from '../core/peer-id.ts'
import { placedTarget } from '../core/policy.ts'
import { shardIdOf } from '../core/shard-id.ts'
import { publicKeyOf } from '../core/signature.ts'
import { mapLimited } from '../flow/map-limited.ts'
import { openKeptClaims } from '../peer/holding/keeping/kept-claims.ts'
import { openKeptGroups } from '../peer/holding/keeping/kept-groups.ts'
import { openKeptShards } from '../peer/holding/keeping/kept-shards.ts'
import { ranks } from '../peer/roll/roll.ts'
import type { CatalogChange } from '../ports/catalog.ts'
import type { Channel, Network } from '../ports/network.ts'
import { createWorld, peerSeed, type World } from './world.ts'

/** What the peers of the rig keep: a piece each of the same groups of one segment. */
export interface KeeperSize {
  readonly groups: number
  /** People whose groups they are; none of them is there. */
  readonly owners: number
  /** People with a claim in every group. */
  readonly holders: number
  /** Those of them who are there: whole peers with a disk each. All others are known by their claims alone. */
  readonly live: number
}

/** The cost of keeping, for one of the peers. */
export interface KeeperCost {
  /** From its disk to a peer that answers, milliseconds. */
  readonly startMs: number
  readonly startCpuMs: number
  /** Bytes of memory more than an empty peer takes, after the start and after all that was measured. */
  readonly startBytes: number
  readonly memoryBytes: number
  /** Bytes of conversations, either way. */
  readonly sentBytes: number
  readonly receivedBytes: number
  /** CPU time of all live peers, the relay and the rig, divided by the number of peers; milliseconds. */
  readonly cpuMs: number
  /** Direct connections at the end; the relay is not counted. */
  readonly lines: number
}

/** One group and all that its holders have of it. */
interface KeptGroup {
  readonly groupId: GroupId
  readonly segmentId: SegmentId
  readonly shardIds: readonly ShardId[]
  /** The bytes of each of its shards: a reader of one leaf cannot tell that all are the same. */
  readonly content: Bytes
  /** Rows of the catalog: the charter, then by holder its shard, its claim as others have it, and as itself has it. */
  readonly charter: CatalogChange
  readonly shards: readonly CatalogChange[]
  readonly claims: readonly CatalogChange[]
  readonly ownClaims: readonly CatalogChange[]
}

const SEED = 'keeper'
const [K, N] = [8, 32]
const SHARD_BYTES = 4096
/** Long enough that no charter ends while it is kept. */
const TERM_MS = 300 * 86_400_000
const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000
/** Records of one commit, and shards written side by side, while a disk is filled. */
const [RECORDS_AT_ONCE, SHARDS_AT_ONCE] = [2_000, 64]

/**
 * Returns what keeping costs one peer: it starts over a full disk, the others join it, and after an hour everything is counted for `ms`
 * milliseconds of their time.
 * @param memoryBytes resolves with the memory in use after garbage was collected; memory counts as 0 without it
 */
export async function measureKeeper(size: KeeperSize, ms: number, memoryBytes: () => Promise<number> = async () => 0): Promise<KeeperCost> {
  const world = createWorld({ seed: SEED })
  const disks = await fillDisks(size, world)
  /** Disks lie in memory only here. */
  const memory = async (): Promise<number> => (await memoryBytes()) - disks.reduce((sum, files) => sum + takenBy(files), 0)
  const nothing = await memory()
  const empty = await world.start('empty', { isAlone: true })
  const emptyBytes = (await memory()) - nothing
  await world.run(empty.peer.close())

  const before = await memory()
  const count = { sent: 0, received: 0 }
  const [startedAt, startCpu] = [performance.now(), process.cpuUsage()]
  let network: Network | undefined
  const overhear = (real: Network): Network => (network = counting(real, count))
  await world.start(nameOf(0), { files: diskOf(disks, 0), network: overhear })
  const [startMs, startCpuMs] = [performance.now() - startedAt, cpuMsSince(startCpu)]
  await world.advance(MINUTE_MS)
  const startBytes = (await memory()) - before - emptyBytes
  for (let at = 1; at < size.live; at++) await world.start(nameOf(at), { files: diskOf(disks, at) })
  await world.advance(HOUR_MS)

  Object.assign(count, { sent: 0, received: 0 })
  const cpu = process.cpuUsage()
  await world.advance(ms)
  const cpuMs = cpuMsSince(cpu) / size.live
  return {
    startMs,
    startCpuMs,
    startBytes,
    memoryBytes: ((await memory()) - before) / size.live - emptyBytes,
    sentBytes: count.sent,
    receivedBytes: count.received,
    cpuMs,
    lines: network?.state().connections.filter(({ isDirect, isRelay }) => isDirect && !isRelay).length ?? 0,
  }
}

/** Returns a disk for each live peer, filled as if an owner had placed its pieces just now. */
async function fillDisks(size: KeeperSize, world: World): Promise<readonly MemoryFiles[]> {
  const groups = await makeGroups(size, world.clock.now())
  const disks: MemoryFiles[] = []
  for (let at = 0; at < size.live; at++) {
    const files = createMemoryFiles()
    await world.run(fillDisk(files, groups, at, world), HOUR_MS)
    disks.push(files)
  }
  return disks
}

async function fillDisk(files: MemoryFiles, groups: readonly KeptGroup[], holder: number, { clock }: World): Promise<void> {
  const random = createSeededRandom(`disk ${holder}`)
  const { catalog, shards, close } = await openStorage({ files, subtle: crypto.subtle, random, clock })
  let changes: CatalogChange[] = []
  for (const group of groups) {
    const claims = group.claims.map((claim, at) => (at === holder ? group.ownClaims[at] : claim))
    changes.push(...[group.charter, group.shards[holder], ...claims].filter((change) => change !== undefined))
    if (changes.length < RECORDS_AT_ONCE) continue
    await catalog.commit(changes)
    changes = []
  }
  await catalog.commit(changes)
  await mapLimited(groups, SHARDS_AT_ONCE, async ({ groupId, segmentId, shardIds, content }, at) => {
    const index = indexOf(holder, at)
    const shardId = shardIds[index]
    if (shardId === undefined) throw new Error('a shard for every holder')
    await shards.write({ shardId, length: content.length, groupId, segmentId, index }, 0, content, clock.now())
    await shards.seal(shardId, clock.now())
  })
  await close()
}

/** Makes the groups with the product's own tables, which write nothing: only their changes are wanted. */
async function makeGroups({ groups, owners, holders, live }: KeeperSize, now: number): Promise<readonly KeptGroup[]> {
  const { catalog } = await openMemoryStorage({ random: createSeededRandom('tables') })
  const tables = {
    shards: await openKeptShards(catalog, (length) => length),
    groups: await openKeptGroups(catalog),
    claims: await openKeptClaims(catalog, now, () => true),
  }
  const placers = Array.from({ length: owners }, (_, at) => createPerson(peerSeed('owners', String(at))))
  const people = Array.from({ length: holders }, (_, at) => createPerson(peerSeed(SEED, nameOf(at))))

  const makeGroup = (at: number): KeptGroup => {
    const random = createSeededRandom(`group ${at}`)
    const seed = brandBytes<GroupSeed>(random.bytes(32))
    const content = random.bytes(SHARD_BYTES)
    const groupKey = groupKeyOf(seed)
    const groupId = groupIdOf(groupKey)
    const leafDigests = hashLeaf(content)
    const root = merkleRoot([leafDigests])
    const shardIds = Array.from({ length: shardCountFor(N) }, (_, index) => shardIdOf(index, content.length, root))
    const code = { k: K, m: placedTarget(K, N), n: N, sealedLength: K * SHARD_BYTES }
    const descriptorBytes = encodeDescriptor({ ...code, groupKey, shardIds })
    const segmentId = segmentIdOf(descriptorBytes)
    const { peerId: owner } = personAt(placers, at % owners)
    const charter = signCharter(seed, {
      ...{ groupKey, seq: now, until: now + TERM_MS, grace: 0, retired: [] },
      root: { kind: 0, segmentId, r: new Uint8Array() },
    })
    const told = { takenAt: now, telling: { teller: owner, rank: ranks.placer, isPlacers: true } }
    const claims = people.map(({ peerId, key }, holder) => {
      const fields = { groupId, holder: peerId, seq: now, rows: [{ segmentId, index: indexOf(holder, at) }], at: now }
      return { ...fields, bytes: encodeClaim(fields, sign(null, claimMessage(fields), key)) }
    })
    const shards = people.slice(0, live).map((_, holder) => {
      const index = indexOf(holder, at)
      const shardId = shardIds[index]
      if (shardId === undefined) throw new Error('a shard for every holder')
      const row = { segmentId, groupId, index, shardId, length: content.length, placedBy: owner, at: now, isPermitted: true } as const
      return tables.shards.changeFor(row, { descriptorBytes, leafDigests })
    })
    return {
      ...{ groupId, segmentId, shardIds, content, shards },
      charter: tables.groups.changeForPaper(readCharter(charter), now, owner),
      claims: claims.map((claim) => tables.claims.changeFor(claim, told)),
      ownClaims: claims.slice(0, live).map((claim) => tables.claims.changeFor(claim, { takenAt: now })),
    }
  }
  return Array.from({ length: groups }, (_, at) => makeGroup(at))
}

interface Signing {
  readonly peerId: PeerId
  readonly key: KeyObject
}

/** The head of an Ed25519 seed in PKCS #8. Source: RFC 8410, section 7. */
const PKCS8_HEAD = fromHex('302e020100300506032b657004220420')

/** Returns a person whose signatures the platform makes: 320,000 of them take a tenth of the time. */
function createPerson(seed: Bytes): Signing {
  const der = Buffer.from(concatBytes(PKCS8_HEAD, seed))
  return { peerId: peerIdOf(publicKeyOf(seed)), key: createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }) }
}

function personAt(people: readonly Signing[], at: number): Signing {
  const person = people[at]
  if (person === undefined) throw new Error('somebody')
  return person
}

function nameOf(holder: number): string {
  return `keeper ${holder}`
}

/** Everybody keeps another index of each group. */
function indexOf(holder: number, group: number): number {
  return (holder + group) % N
}

function diskOf(disks: readonly MemoryFiles[], at: number): MemoryFiles {
  const files = disks[at]
  if (files === undefined) throw new Error('a disk for every live peer')
  return files
}

function takenBy(files: MemoryFiles): number {
  return files.paths().reduce((sum, path) => sum + files.contentOf(path).buffer.byteLength, 0)
}

function cpuMsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

/** Returns `network` with the bytes of its streams counted. */
function counting(network: Network, count: { sent: number; received: number }): Network {
  const counted = (channel: Channel): Channel => ({
    ...channel,
    write(bytes) {
      count.sent += bytes.length
      return channel.write(bytes)
    },
    async read(options) {
      const bytes = await channel.read(options)
      count.received += bytes?.length ?? 0
      return bytes
    },
  })
  return {
    ...network,
    open: async (...args) => counted(await network.open(...args)),
    handle: (protocol, handler, options) => network.handle(protocol, (channel) => handler(counted(channel)), options),
  }
}
