import { createNodeRandom } from '../src/adapters/node/node-random.ts'
import { createDeviceSigner } from '../src/adapters/storage/device-signer.ts'
import { concatBytes, type Bytes } from '../src/core/bytes.ts'
import { claimMessage, encodeClaim, type ClaimFields } from '../src/core/claim.ts'
import { decodeDescriptor, segmentIdOf } from '../src/core/descriptor.ts'
import { createRig, type OwnedSegment } from '../src/sim/holder.rig.ts'
import { conversations, flood, keepSilent, say, together, type Attacker, type Conversation, type Verdict } from './attacker.ts'
import { altered, distortions, encoded, framed, varint, version, type Message } from './hostile-bytes.ts'
import type { PeerId } from '../src/core/ids.ts'

const MIB = 1024 * 1024
const HOUR = 3_600_000
const DAY = 24 * HOUR

const random = createNodeRandom()
export const rig = createRig()
const now = Date.now()
export const term = { seq: now, until: now + 30 * DAY }
/** The holder keeps it from the start: an attack could spoil it. */
export const kept = rig.own('kept', { sealedLength: 4 * MIB })
/** Nobody ever keeps it. */
const loot = rig.own('loot', { sealedLength: 4112 })
const stranger = rig.own('stranger', { sealedLength: 4112 })
const charter = loot.charter(term)
export const keptCharter = kept.charter(term)

/** The peer id of the attacked holder: permits name it. */
let victim: PeerId = createDeviceSigner(random.bytes(32)).peerId

const messages = (): readonly (readonly [name: string, Conversation, Message, Verdict])[] => [
  ['a hello', 'hello', [1, 'node', true, true, 1e9, 1e9, random.bytes(16), now], 'answered'],
  ['a goodbye', 'hello', [2], 'dropped'],
  ['DESCRIBE', 'shard', [1, kept.segmentId], 'answered'],
  ['STORE', 'shard', store(), 'answered'],
  ['FETCH', 'shard', fetchOf([[0, 1]]), 'answered'],
  ['HAS', 'shard', [4, [kept.segmentId]], 'answered'],
  ['WHO', 'group', [1, kept.groupId], 'answered'],
  ['TELL', 'group', tell(keptCharter), 'answered'],
  ['a question for peers', 'peers', [1, 32], 'answered'],
]

/** An attack: its name, its outcome, and the function that runs it. */
export type Attack = readonly [name: string, outcome: string, run: (attacker: Attacker) => Promise<string>]

/** Returns the attacks on `holder`; names and outcomes are the same for every holder. */
export function attacksOn(holder: PeerId): readonly Attack[] {
  victim = holder
  return everyAttack()
}

const everyAttack = (): readonly Attack[] => [
  // The control: undistorted, each of these messages is accepted.
  ...messages().map(([name, conversation, message, verdict]) => attack(name, verdict, conversation, framed(encoded(message)))),
  // Left out: a goodbye is never answered, so a distorted one would look the same.
  ...messages()
    .filter(([, , , verdict]) => verdict === 'answered')
    .flatMap(([name, conversation, message]) =>
      Object.entries(distortions).map(([distortion, distort]) =>
        attack(`${name} ${distortion}`, 'dropped', conversation, framed(distort(message))),
      ),
    ),
  ...conversations.flatMap((conversation) => [
    attack(`${conversation}: a length of 2^40`, 'dropped', conversation, varint(2 ** 40), new Uint8Array(1000)),
    attack(`${conversation}: a length without end`, 'dropped', conversation, new Uint8Array(1000).fill(0xff)),
    attack(`${conversation}: a length not in its shortest form`, 'dropped', conversation, Uint8Array.of(0x81, 0x00, 1)),
    attack(`${conversation}: a byte over 64 KiB`, 'dropped', conversation, framed(new Uint8Array(65_537))),
    attack(`${conversation}: eight MiB of nothing`, 'dropped', conversation, new Uint8Array(8 * MIB)),
    attack(`${conversation}: an end within a length`, 'dropped', conversation, Uint8Array.of(0x80)),
    attack(`${conversation}: an end within a message`, 'dropped', conversation, varint(60_000), random.bytes(30_000)),
    attackRaw(`${conversation}: another version`, 'dropped', conversation, Uint8Array.of(2), framed(random.bytes(40))),
    attackRaw(`${conversation}: noise`, 'dropped', conversation, Uint8Array.of(0xff), random.bytes(60_000)),
  ]),
  storing('k = 0', 'refused BAD-REQUEST', { descriptor: altered(loot.descriptor, 2, 0) }),
  storing('k = 1', 'refused BAD-REQUEST', { descriptor: altered(loot.descriptor, 2, 1) }),
  storing('k > n', 'refused BAD-REQUEST', { descriptor: altered(loot.descriptor, 2, 5) }),
  storing('m > n', 'refused BAD-REQUEST', { descriptor: altered(loot.descriptor, 3, 5) }),
  storing('another code', 'refused BAD-REQUEST', { descriptor: altered(loot.descriptor, 1, 2) }),
  storing('duplicate ids', 'refused BAD-REQUEST', { descriptor: altered(loot.descriptor, 7, idsOf(loot).fill(loot.segmentId)) }),
  storing('an id too few', 'refused BAD-REQUEST', { descriptor: altered(loot.descriptor, 7, idsOf(loot).slice(1)) }),
  storing('a short id', 'refused BAD-REQUEST', { descriptor: altered(loot.descriptor, 7, [...idsOf(loot).slice(1), random.bytes(31)]) }),
  storing('no length', 'refused BAD-REQUEST', { descriptor: altered(loot.descriptor, 5, 0) }),
  storing('a byte over 64 MiB', 'refused BAD-REQUEST', { descriptor: altered(loot.descriptor, 5, 64 * MIB + 1) }),
  storing('2^53 - 1 bytes', 'refused BAD-REQUEST', { descriptor: altered(loot.descriptor, 5, 2 ** 53 - 1) }),
  storing('a descriptor of 60,000 bytes', 'dropped', { descriptor: random.bytes(60_000) }),
  storing('a descriptor that is noise', 'refused BAD-REQUEST', { descriptor: concatBytes(version, random.bytes(200)) }),
  storing('a piece beyond the spares', 'refused BAD-REQUEST', { index: 6 }),
  storing('more than the offer', 'refused FULL', { descriptor: altered(loot.descriptor, 5, 64 * MIB) }),
  storing('another piece of a segment that is kept', 'refused BAD-REQUEST', {
    descriptor: kept.descriptor,
    charter: keptCharter,
    index: 1,
    permit: kept.permit(victim, 1),
  }),
  storing('a charter 73 h ahead', 'refused BAD-REQUEST', { charter: loot.charter({ ...term, seq: now + 73 * HOUR }) }),
  storing('a charter until in 401 days', 'refused BAD-REQUEST', { charter: loot.charter({ ...term, until: now + 401 * DAY }) }),
  storing('a charter with 61 days of grace', 'refused BAD-REQUEST', { charter: altered(charter, 4, 61 * DAY) }),
  storing('a charter that is over', 'refused EXPIRED', { charter: loot.charter({ ...term, until: now - DAY }) }),
  storing('a charter that ends the segment', 'refused EXPIRED', {
    charter: loot.charter({ ...term, root: null, retired: [loot.segmentId] }),
  }),
  storing('a charter whose end was moved', 'refused BAD-SIGNATURE', { charter: altered(charter, 3, term.until + 1) }),
  storing('a charter signed by somebody else', 'refused BAD-SIGNATURE', { charter: altered(stranger.charter(term), 1, groupKeyOf(loot)) }),
  storing('a key that signs everything', 'refused BAD-SIGNATURE', withKey(Uint8Array.of(1, ...new Uint8Array(31)))),
  storing('a charter without a signature', 'refused BAD-REQUEST', { charter: altered(charter, 9, undefined) }),
  storing('a charter of another group', 'refused BAD-REQUEST', { charter: stranger.charter(term) }),
  storing('no permit', 'refused BAD-REQUEST', { permit: undefined }),
  storing('a permit for another piece', 'refused BAD-REQUEST', { permit: loot.permit(victim, 1) }),
  storing('a permit for somebody else', 'refused BAD-REQUEST', { permit: loot.permit(createDeviceSigner(random.bytes(32)).peerId, 0) }),
  storing('a permit signed by somebody else', 'refused BAD-SIGNATURE', { permit: stranger.permit(victim, 0, loot.segmentId) }),
  storing('a tombstone for a charter', 'refused BAD-REQUEST', { charter: loot.tombstone(now) }),
  sending('other bytes', 'refused BAD-REQUEST', {}, framed(random.bytes(2056))),
  sending('another piece', 'refused BAD-REQUEST', {}, framed(pieceOf(1))),
  sending('a byte too many', 'dropped', {}, framed(random.bytes(2057))),
  sending('an empty frame', 'dropped', {}, Uint8Array.of(0)),
  sending('a frame of 2^40 bytes', 'dropped', {}, varint(2 ** 40), random.bytes(10_000)),
  sending('an end within the piece', 'dropped', {}, varint(2056), pieceOf(0).subarray(0, 1000)),
  sending(
    'a piece of another length than its descriptor says',
    'refused BAD-REQUEST',
    lengthened(),
    framed(pieceOf(0)),
    framed(pieceOf(0)),
  ),
  fetching('leaves backwards', 'refused BAD-REQUEST', [1, 1], [0, 1]),
  fetching('a leaf twice', 'refused BAD-REQUEST', [0, 2], [1, 1]),
  fetching('beyond the last leaf', 'refused BAD-REQUEST', [31, 2]),
  fetching('17 leaves', 'refused BAD-REQUEST', [0, 16], [16, 1]),
  fetching('no leaf', 'dropped', [0, 0]),
  fetching('leaf 2^53 - 1', 'dropped', [2 ** 53 - 1, 1]),
  attack('FETCH another piece', 'refused UNKNOWN', 'shard', framed(encoded([3, kept.segmentId, 1, [[0, 1]]]))),
  attack('FETCH of a segment nobody has', 'refused UNKNOWN', 'shard', framed(encoded([3, loot.segmentId, 0, [[0, 1]]]))),
  attack('DESCRIBE a segment nobody has', 'refused UNKNOWN', 'shard', framed(encoded([1, loot.segmentId]))),
  attack('HAS without a segment', 'dropped', 'shard', framed(encoded([4, []]))),
  attack('HAS with 513 segments', 'dropped', 'shard', framed(encoded([4, Array.from({ length: 513 }, () => random.bytes(32))]))),
  attack('an engine of 65 bytes', 'dropped', 'hello', framed(encoded([1, 'x'.repeat(65), true, true, 1, 1, random.bytes(16), now]))),
  attack('an offer of 2^53', 'dropped', 'hello', framed(encoded([1, 'node', true, true, 2 ** 53, 1, random.bytes(16), now]))),
  attack('a question for 257 peers', 'dropped', 'peers', framed(encoded([1, 257]))),
  attack('WHO keeps an unknown group', 'refused UNKNOWN', 'group', framed(encoded([1, loot.groupId]))),
  attack('WHO after nobody', 'dropped', 'group', framed(encoded([1, kept.groupId, new Uint8Array(38)]))),
  telling('a charter of an unknown group', 'refused UNKNOWN', tell(charter)),
  telling('a charter 73 h ahead', 'refused BAD-REQUEST', tell(kept.charter({ ...term, seq: now + 73 * HOUR }))),
  telling('a charter until in 401 days', 'refused BAD-REQUEST', tell(kept.charter({ ...term, seq: now + 1, until: now + 401 * DAY }))),
  telling('a forged charter', 'refused BAD-SIGNATURE', tell(altered(keptCharter, 2, now + 1))),
  telling('a forged tombstone', 'refused BAD-SIGNATURE', tell(altered(kept.tombstone(now), 2, now + 1), { isTombstone: true })),
  telling('a charter called a tombstone', 'refused BAD-REQUEST', tell(keptCharter, { isTombstone: true })),
  telling('a tombstone 73 h ahead', 'refused BAD-REQUEST', tell(kept.tombstone(now + 73 * HOUR), { isTombstone: true })),
  telling('257 claims', 'dropped', [2, undefined, Array.from({ length: 257 }, () => random.bytes(100))]),
  [
    'TELL a forged claim',
    'refused BAD-SIGNATURE',
    async (by) => say(by, 'group', version, framed(encoded([2, undefined, [await claim({}, { isForged: true })]]))),
  ],
  [
    'TELL a claim 2 h ahead',
    'refused BAD-REQUEST',
    async (by) => say(by, 'group', version, framed(encoded([2, undefined, [await claim({ at: Date.now() + 2 * HOUR })]]))),
  ],
  [
    'TELL a claim with 2 rows for one segment',
    'refused BAD-REQUEST',
    async (by) => say(by, 'group', version, framed(encoded([2, undefined, [await twofold()]]))),
  ],
  [
    'offers until the holder is full',
    'answered, answered, answered, refused FULL',
    (by) =>
      together(
        by,
        Array.from({ length: 4 }, () => offerOf(4 * MIB)),
      ),
  ],
  [
    'five offers at once',
    'answered, answered, answered, answered, refused BUSY',
    (by) =>
      together(
        by,
        Array.from({ length: 5 }, () => offerOf(4096)),
      ),
  ],
  ['one piece offered twice at once', 'answered, answered', (by) => together(by, [store(), store()])],
  ['streams that open and never speak', 'dropped', (by) => keepSilent(by, store())],
  ['1,000 streams at once', 'dropped', (by) => flood(by, 'shard')],
  ['1,000 streams at once that do not even say what for', 'dropped', (by) => flood(by)],
]

function attack(name: string, outcome: string, conversation: Conversation, ...bytes: readonly Uint8Array[]): Attack {
  return attackRaw(name, outcome, conversation, version, ...bytes)
}

function attackRaw(name: string, outcome: string, conversation: Conversation, ...bytes: readonly Uint8Array[]): Attack {
  return [name, outcome, (by) => say(by, conversation, ...bytes)]
}

interface Offer {
  readonly descriptor?: Uint8Array
  readonly charter?: Uint8Array
  readonly index?: number
  readonly permit?: Uint8Array | undefined
}

/** Returns a STORE as the owner sends it, except for the changes in `offer`: the permit is always for the offered shard. */
function store({ descriptor = loot.descriptor, charter: paper = charter, index = 0, ...changed }: Offer = {}): Message {
  const permit = 'permit' in changed ? changed.permit : loot.permit(victim, index, segmentIdOf(descriptor))
  return permit === undefined ? [2, descriptor, paper, index] : [2, descriptor, paper, index, permit]
}

function storing(name: string, outcome: string, offer: Offer): Attack {
  return attack(`STORE with ${name}`, outcome, 'shard', framed(encoded(store(offer))))
}

function fetching(name: string, outcome: string, ...ranges: readonly (readonly [first: number, count: number])[]): Attack {
  return attack(`FETCH ${name}`, outcome, 'shard', framed(encoded(fetchOf(ranges))))
}

/** Returns an attack by a STORE that is accepted and then goes wrong. */
function sending(name: string, outcome: string, offer: Offer, ...bytes: readonly Uint8Array[]): Attack {
  const run = async (by: Attacker): Promise<string> => {
    const stream = await by.open('shard')
    await stream.send(concatBytes(version, framed(encoded(store(offer)))))
    if ((await stream.verdict()) !== 'answered') throw new Error('an offer is not taken')
    await stream.send(concatBytes(...bytes))
    stream.finish()
    const verdict = await stream.verdict()
    stream.reset()
    return verdict
  }
  return [`STORE, then ${name}`, outcome, run]
}

function telling(name: string, outcome: string, message: Message): Attack {
  return attack(`TELL ${name}`, outcome, 'group', framed(encoded(message)))
}

function tell(paper: Uint8Array, { isTombstone = false } = {}): Message {
  return [
    2,
    new Map<number, unknown>([
      [1, isTombstone],
      [2, paper],
    ]),
    [],
  ]
}

function fetchOf(ranges: readonly (readonly [first: number, count: number])[]): Message {
  return [3, kept.segmentId, 0, ranges]
}

function idsOf(segment: OwnedSegment): Bytes[] {
  return [...decodeDescriptor(segment.descriptor).shardIds]
}

function groupKeyOf(segment: OwnedSegment): Bytes {
  return decodeDescriptor(segment.descriptor).groupKey
}

function pieceOf(index: number): Bytes {
  return loot.shards[index] ?? new Uint8Array()
}

function withKey(key: Uint8Array): Offer {
  return { descriptor: altered(loot.descriptor, 6, key), charter: altered(charter, 1, key) }
}

function lengthened(): Offer {
  return { descriptor: altered(loot.descriptor, 5, 2 * 4112) }
}

/** Returns an offer of a made-up piece of `bytes` to `holder`. */
export function offerOf(bytes: number, holder = victim): Message {
  const ids = idsOf(loot).map(() => random.bytes(32))
  const descriptor = altered(altered(loot.descriptor, 5, 2 * bytes), 7, ids)
  return store({ descriptor, permit: loot.permit(holder, 0, segmentIdOf(descriptor)) })
}

/** Returns a claim of a made-up holder. */
async function claim(changed: Partial<ClaimFields>, { isForged = false } = {}): Promise<Uint8Array> {
  const signer = createDeviceSigner(random.bytes(32))
  const rows = [{ segmentId: kept.segmentId, index: 1 }]
  const fields = { groupId: kept.groupId, holder: signer.peerId, seq: 1, rows, at: Date.now(), ...changed }
  return encodeClaim(fields, isForged ? random.bytes(64) : await signer.sign(claimMessage(fields)))
}

async function twofold(): Promise<Uint8Array> {
  const row = [kept.segmentId, 1]
  return altered(await claim({}), 4, [row, row])
}
