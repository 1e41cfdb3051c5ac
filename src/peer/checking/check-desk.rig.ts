import { createCoding } from '../../adapters/coding/create-coding.ts'
import { createMemoryFiles } from '../../adapters/memory/memory-files.ts'
import { openMemoryStorage } from '../../adapters/memory/memory-storage.ts'
import { createSeededRandom } from '../../adapters/memory/seeded-random.ts'
import { nextTurn } from '../../adapters/memory/turn.ts'
import { hex } from '../../core/bytes.ts'
import { decodeDescriptor } from '../../core/descriptor.ts'
import type { GroupId, PeerId } from '../../core/ids.ts'
import { defaultPolicy } from '../../core/policy.ts'
import type { Channel, Network } from '../../ports/network.ts'
import { createRig, type HolderOptions, type OwnedSegment } from '../../sim/holder.rig.ts'
import { openConductBook } from '../people/evidence/conduct-book.ts'
import { blankPerson, type Person } from '../people/person.ts'
import type { Look } from '../roll/roll.ts'
import { createRolls } from '../roll/rolls.ts'
import { createChecking, type CheckedGroups } from './check-holders.ts'
import { createKnownPieces } from './known-pieces.ts'

/** A device that checks the holders of a rig, of whose claims it was told; all of them are near until they leave. */
export async function checkDesk() {
  const rig = createRig()
  const coder = createCoding(crypto.subtle)
  const { catalog } = await openMemoryStorage({ files: createMemoryFiles(), random: createSeededRandom('desk') })
  const liars = new Set<PeerId>()
  const lies = { of: (peer: PeerId) => (liars.has(peer) ? { metAt: 0, lies: 1 } : undefined), lied: (peer: PeerId) => void liars.add(peer) }
  const open = () => openConductBook(catalog, rig.clock, lies, new AbortController().signal)
  let book = await open()
  const traffic = createTraffic(rig.join('checker'))
  const personByPeer = new Map<PeerId, Person>()
  const people = {
    known: (peer: PeerId) => personByPeer.get(peer),
    isReachable: (peer: PeerId) => personByPeer.get(peer)?.isNear === true,
    conduct: { ...book, of: (peer: PeerId) => book.of(peer) },
    noteLie: (peer: PeerId) => void liars.add(peer),
  }
  const parts = { network: traffic.network, clock: rig.clock, coder, random: createSeededRandom('draws'), policy: defaultPolicy }
  const known = createKnownPieces(parts, people, () => undefined)
  const rolls = createRolls()
  const groupById = new Map<string, GroupId>()
  const segmentByText = new Map<string, OwnedSegment>()
  const looks: { readonly holder: PeerId; readonly look: Look }[] = []
  let onDescriptor: (() => void) | undefined
  const groups: CheckedGroups = {
    rolls: () => [...groupById.values()].map((groupId) => rolls.of(groupId)),
    async descriptorOf(segmentId) {
      onDescriptor?.()
      const segment = onDescriptor ? undefined : segmentByText.get(hex(segmentId))
      return segment && decodeDescriptor(segment.descriptor)
    },
    async noteLook(roll, holder, _piece, look) {
      looks.push({ holder, look })
      if (look.found === 'right') roll.noteChecked(holder, look.at, look.segmentId)
      else roll.noteFailed(holder, look.segmentId)
    },
  }
  const checking = createChecking(parts, people, known, [groups])
  const owner = rig.join('owner')
  return {
    rig: { ...rig, holder: (name: string, options?: HolderOptions) => rig.holder(name, options) },
    checking,
    looks,
    traffic,
    nameOf: new Map<PeerId, string>(),
    conduct: () => book,
    onDescriptor: (listener: () => void) => (onDescriptor = listener),
    place: (peer: PeerId, segment: OwnedSegment, index: number) => rig.place(owner, peer, segment, index),
    /** Takes a claim of `peer` on one piece of the segment's group. */
    claim(peer: PeerId, segment: OwnedSegment, index: number, seq = 1) {
      const { groupId, segmentId } = segment
      groupById.set(hex(groupId), groupId)
      segmentByText.set(hex(segmentId), segment)
      const person = personByPeer.get(peer) ?? blankPerson(peer, undefined, rig.clock.now)
      person.isNear = true
      personByPeer.set(peer, person)
      const telling = { teller: peer, rank: 2, isPlacers: false } as const
      rolls.of(groupId).put({ holder: peer, seq, takenAt: rig.clock.now(), rows: [{ segmentId, index }], telling })
    },
    leave(peer: PeerId) {
      rig.swarm.kill(peer)
      const person = personByPeer.get(peer)
      if (person) person.isNear = false
    },
    standing: (peer: PeerId, { groupId, segmentId }: OwnedSegment) =>
      known.of(rolls.of(groupId), segmentId).find((piece) => piece.peer === peer)?.standing,
    async restart() {
      for (let turn = 0; turn < 20; turn++) await nextTurn()
      book = await open()
    },
    /** Makes the check that is due; the clock moves only `with time`, for holders that stay silent. */
    async check(time: 'at once' | 'with time' = 'at once') {
      let isDone = false
      const work = checking.checkOne(new AbortController().signal).finally(() => (isDone = true))
      for (let turn = 0; !isDone; turn++) {
        await nextTurn()
        if (time === 'with time' && turn > 100) await rig.clock.advance(1_000)
      }
      return work
    },
  }
}

/** Counts what a checker asks for and what comes. */
function createTraffic(network: Network) {
  const came: number[] = []
  const asked: number[] = []
  const protocols = new Set<string>()
  const counted = (channel: Channel): Channel => {
    const at = came.push(0) - 1
    return {
      ...channel,
      write(bytes) {
        asked.push(bytes.length)
        return channel.write(bytes)
      },
      async read(options) {
        const bytes = await channel.read(options)
        came[at] = (came[at] ?? 0) + (bytes?.length ?? 0)
        return bytes
      },
    }
  }
  const watched: Network = {
    ...network,
    async open(peer, protocol, options) {
      protocols.add(protocol)
      return counted(await network.open(peer, protocol, options))
    },
  }
  return { network: watched, most: () => Math.max(...came), asked: () => asked, protocols: () => [...protocols] }
}
