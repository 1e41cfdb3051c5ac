import { describe, expect, it } from 'vitest'
import { noteLie, unknownConduct, type Conduct } from '../../core/healing/evidence.ts'
import { brandBytes, type GroupId, type PeerId, type SegmentId } from '../../core/ids.ts'
import { defaultPolicy } from '../../core/policy.ts'
import type { Network } from '../../ports/network.ts'
import { pieceText } from '../people/evidence/conduct-book.ts'
import type { People } from '../people/people.ts'
import { blankPerson } from '../people/person.ts'
import { createRolls } from '../roll/rolls.ts'
import { createKnownPieces } from './known-pieces.ts'

const HOUR = 3_600_000
const peer = (name: string) => name as PeerId
const segment = (at: number) => brandBytes<SegmentId>(new Uint8Array(32).fill(at))

describe('known pieces', () => {
  it('[EVD1] of one segment say of each row how much it counts, and since when its holder is away', () => {
    const { roll, known, lost, now } = desk()
    roll.put({ holder: peer('told'), seq: 1, takenAt: now - HOUR, rows: [{ segmentId: segment(1), index: 0 }] })
    roll.put({ holder: peer('proven'), seq: 1, takenAt: now - HOUR, rows: [{ segmentId: segment(1), index: 1 }] })
    roll.noteChecked(peer('proven'), now, segment(1))
    roll.put({ holder: peer('stale'), seq: 1, takenAt: now - 100 * HOUR, rows: [{ segmentId: segment(1), index: 2 }] })
    roll.put({ holder: peer('elsewhere'), seq: 1, takenAt: now, rows: [{ segmentId: segment(2), index: 2 }] })
    lost.add('stale')
    expect(known.of(roll, segment(1))).toEqual([
      { index: 0, peer: 'told', standing: 'told', isLost: false, lastSeenAt: now - HOUR, toldAt: now - HOUR },
      { index: 1, peer: 'proven', standing: 'proven', isLost: false, lastSeenAt: now - HOUR, toldAt: now - HOUR },
      { index: 2, peer: 'stale', standing: 'stale', isLost: true, lastSeenAt: now - 100 * HOUR, toldAt: now - 100 * HOUR },
    ])
  })

  it('[EVD1] this device keeps its own piece', () => {
    const { roll, known, now } = desk()
    roll.put({ holder: peer('self'), seq: 1, takenAt: 0, rows: [{ segmentId: segment(1), index: 7 }] })
    expect(known.of(roll, segment(1))).toEqual([{ index: 7, peer: 'self', standing: 'proven', isLost: false, lastSeenAt: now, toldAt: 0 }])
  })

  it('[EVD1] a piece that came by a read is proven, also where the roll of its group does not hear of it', () => {
    const { roll, known, conductOf, now } = desk()
    roll.put({ holder: peer('read'), seq: 1, takenAt: now - 100 * HOUR, rows: [{ segmentId: segment(1), index: 3 }] })
    conductOf.set(peer('read'), { ...unknownConduct, checks: [{ shard: pieceText({ segmentId: segment(1), index: 3 }), at: now }] })
    expect(known.of(roll, segment(1))).toMatchObject([{ standing: 'proven' }])
  })

  it('[EVD2] [EVD4] rows of a liar are gone, and those of a void claim until it is signed anew', () => {
    const { roll, known, conductOf, now } = desk()
    const claim = (seq: number, takenAt: number) =>
      roll.put({ holder: peer('bob'), seq, takenAt, rows: [{ segmentId: segment(1), index: 3 }] })
    claim(1, now - HOUR)
    roll.noteChecked(peer('bob'), now - HOUR, segment(1))
    conductOf.set(peer('bob'), { ...unknownConduct, voidedAt: now - 1000 })
    expect(known.of(roll, segment(1))).toMatchObject([{ standing: 'gone' }])
    claim(2, now)
    expect(known.of(roll, segment(1))).toMatchObject([{ standing: 'told' }])
    conductOf.set(peer('bob'), noteLie(unknownConduct))
    expect(known.of(roll, segment(1))).toMatchObject([{ standing: 'gone' }])
  })
})

function desk() {
  const now = Date.UTC(2026, 0, 10)
  const clock = { now: () => now, ran: () => 0, wait: async () => undefined, watchGaps: () => () => undefined }
  const conductOf = new Map<PeerId, Conduct>()
  const lost = new Set<string>()
  const people: Pick<People, 'known' | 'conduct'> = {
    known: (name) => blankPerson(name, undefined, clock.now),
    conduct: {
      of: (name) => conductOf.get(name) ?? unknownConduct,
      triedAt: () => undefined,
      noteTried: () => undefined,
      noteProven: () => undefined,
      noteError: () => undefined,
      noteUnknown: () => undefined,
      noteStoreEpoch: () => undefined,
      noteLied: () => undefined,
      version: () => 0,
      write: async () => undefined,
    },
  }
  const network: Pick<Network, 'self'> = { self: peer('self') }
  const parts = { clock, network: network as Network, policy: defaultPolicy }
  const known = createKnownPieces(parts, people, ({ holder }) => (lost.has(holder) ? 1 : undefined))
  return { roll: createRolls().of(brandBytes<GroupId>(new Uint8Array(32))), known, conductOf, lost, now }
}
