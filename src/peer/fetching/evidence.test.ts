import { describe, expect, it } from 'vitest'
import type { ClaimFields } from '../../core/claim.ts'
import { brandBytes, type GroupId, type PeerId, type SegmentId } from '../../core/ids.ts'
import { createRolls } from '../roll/rolls.ts'
import { counted, createEvidence } from './evidence.ts'

const groupId = brandBytes<GroupId>(new Uint8Array(32).fill(1))
const segmentId = brandBytes<SegmentId>(new Uint8Array(32).fill(2))

const emptyEvidence = () => createEvidence(createRolls().of(groupId), () => 0)

function claimOf(holder: string, { seq = 1, index = 0, keeps = true } = {}): ClaimFields {
  return { groupId, holder: holder as PeerId, seq, at: 0, rows: keeps ? [{ segmentId, index }] : [] }
}

const peer = (name: string) => name as PeerId

describe('[GRO6] the room of one teller', () => {
  it('is 64 claims', () => {
    const evidence = emptyEvidence()
    for (let at = 0; at < 100; at++) evidence.hear(peer('teller'), claimOf(`heard ${at}`), 10)
    expect(evidence.heardOf()).toHaveLength(64)
  })

  it('is 262,144 bytes', () => {
    const evidence = emptyEvidence()
    for (let at = 0; at < 20; at++) evidence.hear(peer('teller'), claimOf(`heard ${at}`), 20_480)
    expect(evidence.heardOf()).toHaveLength(Math.floor(262_144 / 20_480))
  })

  it('is 262,144 bytes also when small claims grow, and what a person then says itself leaves it', () => {
    const evidence = emptyEvidence()
    const isHeard = (at: number) => !evidence.isNews(claimOf(`heard ${at}`, { seq: 2 }))
    for (let at = 0; at < 20; at++) evidence.hear(peer('teller'), claimOf(`heard ${at}`), 10)
    for (let at = 0; at < 20; at++) evidence.hear(peer('teller'), claimOf(`heard ${at}`, { seq: 2 }), 20_480)
    expect(Array.from({ length: 20 }, (_, at) => at).filter(isHeard)).toHaveLength(12)
    evidence.say(peer('heard 0'), claimOf('heard 0'))
    evidence.hear(peer('teller'), claimOf('heard 19', { seq: 2 }), 20_480)
    expect(isHeard(19)).toBe(true)
  })

  it('is not left by what somebody else told of the same person, older or newer', () => {
    const evidence = emptyEvidence()
    evidence.hear(peer('first'), claimOf('heard', { seq: 5, index: 1 }), 10)
    evidence.hear(peer('second'), claimOf('heard', { seq: 4, index: 2 }), 10)
    expect(evidence.keepersOf(segmentId)).toEqual([{ peer: 'heard', index: 1, evidence: 'heard' }])
    evidence.hear(peer('second'), claimOf('heard', { seq: 6, index: 3 }), 10)
    expect(evidence.keepersOf(segmentId)).toEqual([{ peer: 'heard', index: 3, evidence: 'heard' }])
    expect(evidence.heardOf()).toEqual(['heard'])
  })
})

describe('[GRO6] of all tellers', () => {
  it('32 are listened to, and one that keeps nothing makes room for one that does', () => {
    const evidence = emptyEvidence()
    for (let at = 0; at < 40; at++) evidence.hear(peer(`idle ${at}`), claimOf(`heard ${at}`), 10)
    expect(evidence.heardOf()).toHaveLength(32)
    evidence.hear(peer('unknown'), claimOf('late'), 10)
    expect(evidence.heardOf()).not.toContain('late')
    evidence.say(peer('keeper'), claimOf('keeper'))
    evidence.hear(peer('keeper'), claimOf('late'), 10)
    expect(evidence.heardOf()).toHaveLength(32)
    expect(evidence.heardOf()).toContain('late')
  })

  it('each is asked after in turn', () => {
    const evidence = emptyEvidence()
    for (const [teller, heard] of [
      ['loud', 'l1'],
      ['loud', 'l2'],
      ['loud', 'l3'],
      ['quiet', 'q1'],
    ] as const) {
      evidence.hear(peer(teller), claimOf(heard), 10)
    }
    expect(evidence.heardOf()).toEqual(['l1', 'q1', 'l2', 'l3'])
  })
})

describe("[GRO5] a person's own claim", () => {
  it('replaces all that was heard of it, and hearsay changes none of it, whatever its date', () => {
    const evidence = emptyEvidence()
    evidence.hear(peer('teller'), claimOf('holder', { seq: Number.MAX_SAFE_INTEGER, index: 7 }), 10)
    evidence.say(peer('holder'), claimOf('holder', { seq: 1, index: 3 }))
    evidence.hear(peer('teller'), claimOf('holder', { seq: Number.MAX_SAFE_INTEGER, index: 7 }), 10)
    evidence.hear(peer('teller'), claimOf('holder', { seq: Number.MAX_SAFE_INTEGER, keeps: false }), 10)
    expect(evidence.isNews(claimOf('holder', { seq: Number.MAX_SAFE_INTEGER }))).toBe(false)
    expect(evidence.keepersOf(segmentId)).toEqual([{ peer: 'holder', index: 3, evidence: 'said' }])
  })

  it('is verified once a piece of it proved itself, and nothing again when it says so', () => {
    const evidence = emptyEvidence()
    evidence.prove(peer('holder'), segmentId)
    evidence.say(peer('holder'), claimOf('holder'))
    expect(evidence.keepersOf(segmentId)).toMatchObject([{ evidence: 'said' }])
    evidence.prove(peer('holder'), segmentId)
    expect(evidence.keepersOf(segmentId)).toMatchObject([{ evidence: 'verified' }])
    evidence.say(peer('holder'), undefined)
    expect(evidence.keepersOf(segmentId)).toEqual([])
    expect(evidence.holders()).toEqual([])
  })

  it('counts, as hearsay does not', () => {
    const evidence = emptyEvidence()
    evidence.say(peer('holder'), claimOf('holder'))
    evidence.hear(peer('holder'), claimOf('somebody', { index: 1 }), 10)
    expect(evidence.keepersOf(segmentId)).toHaveLength(2)
    expect(counted(evidence.keepersOf(segmentId))).toMatchObject([{ peer: 'holder' }])
  })

  it('is remembered of 256 people, of those that keep nothing least, of those that proved a piece longest', () => {
    const evidence = emptyEvidence()
    for (let at = 0; at < 256; at++) evidence.say(peer(`holder ${at}`), claimOf(`holder ${at}`))
    evidence.prove(peer('holder 0'), segmentId)
    evidence.say(peer('holder 9'), undefined)
    evidence.say(peer('new'), claimOf('new'))
    expect(evidence.holders()).toHaveLength(256)
    expect(evidence.holders()).toContain('holder 1')
    evidence.say(peer('newer'), claimOf('newer'))
    expect(evidence.holders()).toHaveLength(256)
    expect(evidence.holders()).not.toContain('holder 1')
    expect(evidence.holders()).toContain('holder 0')
  })
})
