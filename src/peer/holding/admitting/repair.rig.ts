import { createCoding } from '../../../adapters/coding/create-coding.ts'
import { createMemoryFiles } from '../../../adapters/memory/memory-files.ts'
import { openMemoryStorage } from '../../../adapters/memory/memory-storage.ts'
import { createSeededRandom } from '../../../adapters/memory/seeded-random.ts'
import { nextTurn } from '../../../adapters/memory/turn.ts'
import { createDeviceSigner } from '../../../adapters/storage/device-signer.ts'
import type { Bytes } from '../../../core/bytes.ts'
import type { PeerId } from '../../../core/ids.ts'
import { defaultPolicy } from '../../../core/policy.ts'
import type { Network } from '../../../ports/network.ts'
import { handleGroup, tell } from '../../../protocol/group.ts'
import { askToRepair, type RepairOffer } from '../../../protocol/repair-shard.ts'
import { keptInstead } from '../../../protocol/refusal.ts'
import { handleShard } from '../../../protocol/shard.ts'
import type { ShardHost } from '../../../protocol/shard-messages.ts'
import { claimOf, createRig, type HolderOptions, outcome, type OwnedSegment, type Rig, type RiggedHolder } from '../../../sim/holder.rig.ts'
import { createWitnesses } from '../../checking/ask-witness.ts'
import { createKnownPieces } from '../../checking/known-pieces.ts'
import { openConductBook } from '../../people/evidence/conduct-book.ts'
import { blankPerson } from '../../people/person.ts'
import type { RepairEvidence } from '../../roll/testimony.ts'

/** The options of a repair of the rig: the shard `index` with all claims, as the guardian honestly made it, unless they say otherwise. */
export type RepairOptions = Partial<Omit<RepairOffer, 'index'>> & { readonly shard?: Bytes; readonly guardian?: Network }

/** The segment that is repaired, and how many people keep a piece of it. */
interface Film {
  readonly k?: number
  readonly n?: number
  readonly count?: number
  readonly sealedLength?: number
}

/** Somebody who keeps a piece, and the claim that says so. */
interface Keeper extends RiggedHolder {
  readonly claim: Bytes
}

/** Returns a holder of the rig that admits repairs, judging by real checks of people who are all near. */
export async function repairable(rig: Rig, name: string, options: HolderOptions = {}) {
  const opened: { evidence?: RepairEvidence } = {}
  const holder = await rig.holder(name, { ...options, evidence: () => opened.evidence })
  const { catalog } = await openMemoryStorage({
    files: createMemoryFiles(),
    random: createSeededRandom(`conduct ${name}`),
    subtle: rig.subtle,
  })
  const liars = new Set<PeerId>()
  const lies = { of: (peer: PeerId) => (liars.has(peer) ? { metAt: 0, lies: 1 } : undefined), lied: (peer: PeerId) => void liars.add(peer) }
  const conduct = await openConductBook(catalog, rig.clock, lies, new AbortController().signal)
  const near = (peer: PeerId) => Object.assign(blankPerson(peer, undefined, rig.clock.now), { isNear: true })
  const people = { known: near, conduct, noteLie: (peer: PeerId) => void liars.add(peer) }
  const { network } = holder
  const asked: PeerId[] = []
  const watched: Network = {
    ...network,
    open: (peer, protocol, open) => {
      if (protocol.includes('group')) asked.push(peer)
      return network.open(peer, protocol, open)
    },
  }
  const parts = { network: watched, clock: rig.clock, coder: createCoding(rig.subtle), random: createSeededRandom(`draws ${name}`) }
  const known = createKnownPieces({ ...parts, policy: defaultPolicy }, people, () => undefined)
  opened.evidence = {
    ...createWitnesses(parts, people),
    piecesOf: (groupId, segmentId) => known.of(holder.host.roll(groupId), segmentId),
  }
  return { ...holder, conduct, liars, asked }
}

/**
 * A film of `k` of `n` pieces with a holder for each of the first `count`, who know of each other, and Ada, who has nothing of it and admits
 * repairs that Gus brings.
 */
export async function repairRig({ k = 2, n = 5, count = 4, sealedLength = 1_000_000, ...options }: HolderOptions & Film = {}) {
  const rig = createRig()
  const [owner, gus] = [rig.join('owner'), rig.join('gus')]
  const segment = rig.own('film', { k, n, sealedLength })
  const keepers: Keeper[] = []
  for (let index = 0; index < count; index++) {
    const holder = await rig.holder(`keeper ${index}`)
    keepers.push({ ...holder, claim: await rig.place(owner, holder.peer, segment, index) })
  }
  const claims = keepers.map(({ claim }) => claim)
  for (const { peer } of keepers) await tell(owner, rig.clock, peer, { claims })
  const ada = await repairable(rig, 'ada', options)

  const offerOf = (index: number, given: RepairOptions = {}): RepairOffer => {
    const { guardian: _, shard: __, ...fields } = given
    const { descriptor } = segment
    return { descriptor, charter: segment.charter(), claims, index, ...fields }
  }
  const begin = (index: number, options_: RepairOptions = {}) =>
    askToRepair(options_.guardian ?? gus, rig.clock, ada.peer, offerOf(index, options_))

  /** Brings the piece; resolves with the claim, or throws the refusal. */
  async function bring(index: number, options_: RepairOptions = {}): Promise<Bytes> {
    const turn = await begin(index, options_)
    if (turn === 'not spoken') throw new Error(turn)
    if (turn.is === 'kept') return turn.claim
    await turn.send((options_.shard ?? segment.shards[index] ?? new Uint8Array()).subarray(turn.from))
    return turn.finish()
  }

  return {
    rig,
    owner,
    gus,
    segment,
    keepers,
    claims,
    ada,
    begin,
    bring,
    /** Resolves with the refusal of the repair, and the index that is kept instead behind it; 'done' when it is kept. */
    async said(index: number, options_: RepairOptions = {}): Promise<string> {
      const work = bring(index, options_)
      const kept: unknown = await work.then(() => undefined, keptInstead)
      return `${await outcome(work)}${typeof kept === 'number' ? ` ${kept}` : ''}`
    },
    /** Moves time on, a second in fifty turns that wait for WebCrypto, until `work` is done; resolves with how long it took, milliseconds. */
    async lasts(work: Promise<unknown>): Promise<number> {
      const from = rig.clock.now()
      let isDone = false
      const done = (): void => void (isDone = true)
      work.then(done, done)
      for (let turn = 0; !isDone; turn++) {
        do await nextTurn()
        while (rig.inFlight() > 0)
        if (turn > 50 && turn % 50 === 0) await rig.clock.advance(1_000)
      }
      return rig.clock.now() - from
    },
  }
}

/** Joins somebody who claims piece `index` and answers about it as `shard` does, and about the group with its claim and the charter. */
export async function impostor(rig: Rig, name: string, segment: OwnedSegment, index: number, shard: Partial<ShardHost>) {
  const { peerId } = createDeviceSigner(createSeededRandom(`peer ${name}`).bytes(32))
  const claim = await claimOf(name, segment, 1, [{ segmentId: segment.segmentId, index }])
  const network = rig.join(name)
  const never = (): Promise<never> => new Promise(() => undefined)
  handleShard(network, rig.clock, { describe: never, has: never, read: never, admit: never, ...shard })
  const paper = { is: 'charter', bytes: segment.charter() } as const
  handleGroup(network, rig.clock, { who: async () => ({ paper, own: claim, claims: [] }), told: async () => undefined })
  return { peer: peerId, claim, network }
}
