import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex, hex } from './bytes.ts'
import { checkClaim, claimMessage, encodeClaim, newerClaim, readClaim, skimClaim, type ClaimFields } from './claim.ts'
import { brandBytes, type SegmentId, type GroupId } from './ids.ts'
import { peerIdOf } from './peer-id.ts'
import { signWith } from './signature.ts'
import vectors from './vectors/claim.json'
import { codeThrownBy, editsOf, isRefused, plain } from './vectors/hostile-bytes.rig.ts'

const { now } = vectors
const seed = fromHex(vectors.seed)
const signed = (fields: ClaimFields) => encodeClaim(fields, signWith(seed, claimMessage(fields)))

describe('claim', () => {
  it.each(vectors.valid)('[CLM1] reads and signs $name', ({ bytes, value }) => {
    const { bytes: kept, ...fields } = checkClaim(fromHex(bytes), now)
    expect(plain(fields)).toEqual(value)
    expect(hex(kept)).toBe(bytes)
    expect(hex(signed(fields))).toBe(bytes)
  })

  it.each(vectors.invalid)('[CLM3] refuses $name', ({ bytes, error }) => {
    expect(codeThrownBy(() => checkClaim(fromHex(bytes), now))).toBe(error)
  })

  it('[CLM1] checks what any holder signed', () => {
    const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => new Uint8Array(bytes))
    const fields = fc.record({
      groupId: bytes32.map((bytes) => brandBytes<GroupId>(bytes)),
      seq: fc.maxSafeNat(),
      rows: fc.uniqueArray(fc.record({ segmentId: bytes32.map((bytes) => brandBytes<SegmentId>(bytes)), index: fc.nat(254) }), {
        maxLength: 20,
        selector: ({ segmentId }) => hex(segmentId),
      }),
      at: fc.nat(now),
    })
    const holder = checkClaim(fromHex(vectors.valid[0]?.bytes ?? ''), now).holder
    fc.assert(
      fc.property(fields, (drawn) => {
        const { bytes: _, ...read } = checkClaim(signed({ ...drawn, holder }), now)
        expect(plain(read)).toEqual(plain({ ...drawn, holder }))
      }),
      { numRuns: 50 },
    )
  })

  it('[CLM1] skims what it reads, and nothing that is cut or longer', () => {
    const holder = checkClaim(fromHex(vectors.valid[0]?.bytes ?? ''), now).holder
    const uints = fc.oneof(fc.nat(30), fc.nat(300), fc.nat(70_000), fc.maxSafeNat())
    const rows = fc.array(fc.nat(254), { maxLength: 512, size: 'max' })
    fc.assert(
      fc.property(uints, uints, rows, (seq, at, indices) => {
        const row = (index: number, place: number) => {
          const segmentId = brandBytes<SegmentId>(new Uint8Array(32).fill(index))
          segmentId.set([place >> 8, place & 255])
          return { segmentId, index }
        }
        const groupId = brandBytes<GroupId>(new Uint8Array(32).fill(5))
        const bytes = encodeClaim({ groupId, holder, seq, rows: indices.map(row), at }, new Uint8Array(64))
        const { groupId: readGroup, seq: readSeq, rows: readRows, at: readAt } = readClaim(bytes)
        expect(skimClaim(bytes)).toEqual({ groupId: readGroup, seq: readSeq, rows: readRows, at: readAt })
        return [bytes.subarray(0, -1), new Uint8Array([...bytes, 0]), bytes.subarray(0, 90)].every((bad) => skimClaim(bad) === undefined)
      }),
      { numRuns: 30 },
    )
  })

  it('[CLM1] writes no claim that cannot be read', () => {
    const { bytes: _, ...fields } = checkClaim(fromHex(vectors.valid[0]?.bytes ?? ''), now)
    const row = fields.rows[0]
    expect(codeThrownBy(() => claimMessage({ ...fields, rows: row === undefined ? [] : [row, row] }))).toBe('format-invalid')
    expect(codeThrownBy(() => encodeClaim(fields, new Uint8Array(63)))).toBe('format-invalid')
    const stranger = { ...fields, holder: peerIdOf(new Uint8Array(32).fill(7)) }
    expect(isRefused(() => checkClaim(signed(stranger), now))).toBe(true)
  })

  it('[CLM4] the newer claim is the same whichever comes first', () => {
    const { bytes: _, ...fields } = checkClaim(fromHex(vectors.valid[0]?.bytes ?? ''), now)
    const claim = (seq: number, at: number) => checkClaim(signed({ ...fields, seq, at }), now)
    const [older, newer, twin] = [claim(1, 9), claim(2, 1), claim(2, 2)]
    expect(newerClaim(older, newer)).toBe(newer)
    expect(newerClaim(newer, older)).toBe(newer)
    expect(newerClaim(newer, twin)).toBe(newerClaim(twin, newer))
  })

  it('[CLM1] accepts no hostile edit', () => {
    const good = fromHex(vectors.valid[0]?.bytes ?? '')
    fc.assert(
      fc.property(editsOf(good, 4), (bad) => isRefused(() => checkClaim(bad, now))),
      { numRuns: 100_000 },
    )
  })
})
