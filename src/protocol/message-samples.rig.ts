import { createDeviceSigner } from '../adapters/storage/device-signer.ts'
import type { Bytes } from '../core/bytes.ts'
import { brandBytes, type SegmentId, type GroupId, type PeerId } from '../core/ids.ts'
import { groupAnswers, groupRequests } from './group.ts'
import { helloMessages, type Hello } from './hello.ts'
import { peersAnswers, peersRequests } from './peers.ts'
import { shardAnswers, shardRequests } from './shard-messages.ts'

/** One message of every kind, its bytes on the wire, and the way in which a peer reads it. */
export interface MessageSample {
  readonly name: string
  /** The conversation that the message belongs to. */
  readonly conversation: 'hello' | 'peers' | 'group' | 'shard'
  readonly side: 'request' | 'answer'
  readonly encoded: Bytes
  /** Hexadecimal text of the encoding, written by hand from SPEC.md. */
  readonly onWire: string
  /** Reads bytes as this side of the conversation does and returns the encoding of what it read. */
  recode(bytes: Uint8Array): Bytes
}

/** A peer and its 38 bytes, as SPEC PID1 has them. */
export const sampledPeer: PeerId = createDeviceSigner(new Uint8Array(32).fill(1)).peerId
const peerOnWire = '5826002408011220' + '8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c'
const segmentId = brandBytes<SegmentId>(new Uint8Array(32).fill(0x22))
const groupId = brandBytes<GroupId>(new Uint8Array(32).fill(0x33))
const segmentOnWire = `5820${'22'.repeat(32)}`
const groupOnWire = `5820${'33'.repeat(32)}`
const digest = new Uint8Array(8).fill(0x55)
const digestOnWire = `48${'55'.repeat(8)}`
const few = Uint8Array.of(0xaa, 0xbb)

/** The hello of a sampled peer. */
export const sampledHello: Hello = {
  engine: 'gecko',
  isPersisted: true,
  isHolder: false,
  offer: 5,
  room: 300,
  storeEpoch: new Uint8Array(16).fill(0x44),
  clock: 1_767_225_600_000,
}

/** Returns a sample of every message that peers say to each other. */
export function messageSamples(): readonly MessageSample[] {
  const hellos = sampled('hello', 'request', helloMessages)
  const helloAnswers = sampled('hello', 'answer', helloMessages)
  const askPeers = sampled('peers', 'request', peersRequests)
  const tellPeers = sampled('peers', 'answer', peersAnswers)
  const askGroup = sampled('group', 'request', groupRequests)
  const tellGroup = sampled('group', 'answer', groupAnswers)
  const askShard = sampled('shard', 'request', shardRequests)
  const tellShard = sampled('shard', 'answer', shardAnswers)
  const helloOnWire = `a8010102656765636b6f03f504f405050619012c0750${'44'.repeat(16)}081b0000019b76daa800`
  return [
    hellos({ is: 'hello', ...sampledHello }, helloOnWire),
    hellos({ is: 'goodbye' }, 'a10102'),
    hellos({ is: 'pulse' }, 'a10103'),
    helloAnswers({ is: 'hello', ...sampledHello }, helloOnWire),
    helloAnswers({ is: 'pulse' }, 'a10103'),
    askPeers({ is: 'wanted', count: 32 }, 'a20101021820'),
    tellPeers({ is: 'peers', peers: [{ peer: sampledPeer, hops: [sampledPeer] }] }, `a201010281a201${peerOnWire}0281${peerOnWire}`),
    askGroup({ is: 'who', groupId }, `a2010102${groupOnWire}`),
    askGroup({ is: 'who', groupId, after: sampledPeer }, `a3010102${groupOnWire}03${peerOnWire}`),
    askGroup({ is: 'tell', claims: [few] }, 'a20102038142aabb'),
    askGroup({ is: 'tell', paper: { isTombstone: true, bytes: few }, claims: [] }, 'a3010202a201f50242aabb0380'),
    askGroup(
      { is: 'compare', rows: [{ groupId, paper: digest, holders: digest }] },
      `a20103028183${groupOnWire}${digestOnWire}${digestOnWire}`,
    ),
    askGroup({ is: 'beacons', wanted: [sampledPeer], beacons: [few] }, `a301040281${peerOnWire}038142aabb`),
    askGroup({ is: 'beacons', beacons: [] }, 'a201040380'),
    askGroup({ is: 'repairing', segmentId, course: { is: 'under way', until: 300 } }, `a3010502${segmentOnWire}03a201010219012c`),
    askGroup({ is: 'repairing', segmentId, course: { is: 'done' } }, `a3010502${segmentOnWire}03a10102`),
    askGroup({ is: 'repairing', segmentId, course: { is: 'given up' } }, `a3010502${segmentOnWire}03a10103`),
    askGroup({ is: 'sums', sums: [digest, digest] }, `a201060282${digestOnWire}${digestOnWire}`),
    askGroup({ is: 'log-put', groupId, entries: [few] }, `a3010702${groupOnWire}038142aabb`),
    askGroup({ is: 'log-get', groupId, have: new Map(), from: 3 }, `a4010802${groupOnWire}03800403`),
    tellGroup({ is: 'logged' }, 'a10108'),
    tellGroup({ is: 'log', entries: [few], isMore: true }, 'a30109028142aabb03f5'),
    tellGroup(
      { is: 'page', paper: { isTombstone: false, bytes: few }, own: few, claims: [few, few], next: sampledPeer },
      `a5010102a201f40242aabb0342aabb048242aabb42aabb05${peerOnWire}`,
    ),
    tellGroup({ is: 'told' }, 'a10102'),
    tellGroup({ is: 'refused', refusal: 'UNKNOWN' }, 'a201030205'),
    tellGroup(
      { is: 'compared', differing: [{ place: 0, paper: digest, holders: digest }], unknown: [1, 1023] },
      `a3010402818300${digestOnWire}${digestOnWire}0382011903ff`,
    ),
    tellGroup({ is: 'beacons', wanted: [sampledPeer], beacons: [few] }, `a301050281${peerOnWire}038142aabb`),
    tellGroup({ is: 'noted' }, 'a10106'),
    tellGroup(
      {
        is: 'summed',
        differing: [
          { place: 0, sum: digest },
          { place: 255, sum: digest },
        ],
      },
      `a2010702828200${digestOnWire}8218ff${digestOnWire}`,
    ),
    askShard({ is: 'describe', segmentId }, `a2010102${segmentOnWire}`),
    askShard({ is: 'store', descriptor: few, charter: few, index: 7 }, 'a401020242aabb0342aabb0407'),
    askShard({ is: 'store', descriptor: few, charter: few, index: 7, permit: few }, 'a501020242aabb0342aabb04070542aabb'),
    askShard(
      {
        is: 'fetch',
        segmentId,
        index: 7,
        ranges: [
          [0, 1],
          [300, 15],
        ],
      },
      `a4010302${segmentOnWire}03070482820001` + '8219012c0f',
    ),
    askShard({ is: 'has', segmentIds: [segmentId] }, `a201040281${segmentOnWire}`),
    askShard({ is: 'repair', descriptor: few, charter: few, index: 7, count: 2 }, 'a501050242aabb0342aabb04070502'),
    tellShard({ is: 'refused', refusal: 'BAD-REQUEST' }, 'a201010208'),
    tellShard({ is: 'refused', refusal: 'BAD-REQUEST', kept: 7 }, 'a3010102080307'),
    tellShard({ is: 'described', descriptor: few }, 'a201020242aabb'),
    tellShard({ is: 'wanted', from: 0 }, 'a201030200'),
    tellShard({ is: 'acknowledged', offset: 262_144 }, 'a20104021a00040000'),
    tellShard({ is: 'kept', claim: few }, 'a201050242aabb'),
    tellShard({ is: 'leaves', length: 2, proofs: [[new Uint8Array(32).fill(0x22)]] }, `a3010602020381` + `81${segmentOnWire}`),
    tellShard({ is: 'has', rows: [[segmentId, 7]] }, `a20107028182${segmentOnWire}07`),
  ]
}

function sampled<T extends { readonly is: string }>(
  conversation: MessageSample['conversation'],
  side: MessageSample['side'],
  { encode, decode }: { encode(message: T): Bytes; decode(bytes: Uint8Array): T },
) {
  return (message: T, item: string): MessageSample => ({
    name: `${conversation} ${side} ${message.is}`,
    conversation,
    side,
    encoded: encode(message),
    onWire: `01${item}`,
    recode: (bytes) => encode(decode(bytes)),
  })
}
