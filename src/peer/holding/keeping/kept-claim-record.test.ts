import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createDeviceSigner } from '../../../adapters/storage/device-signer.ts'
import { MAX_CLAIM_ROWS } from '../../../core/claim.ts'
import { ranks } from '../../roll/roll.ts'
import { claimOf, createRig } from '../../../sim/holder.rig.ts'
import { createKeptClaimReader, encodeKeptClaim, readKeptClaim, type RowFacts } from './kept-claim-record.ts'

const people = [1, 2, 3].map((seed) => createDeviceSigner(new Uint8Array(32).fill(seed)).peerId)
const number = fc.oneof(fc.nat(30), fc.nat(300), fc.nat(70_000), fc.maxSafeNat())
const row = fc.tuple(fc.nat(MAX_CLAIM_ROWS - 1), number, number, fc.boolean()).map((facts): RowFacts => facts)
const telling = fc.record({
  teller: fc.constantFrom(...people),
  rank: fc.constantFrom(...Object.values(ranks)),
  isPlacers: fc.boolean(),
})
const record = fc
  .record({
    bytes: fc.uint8Array({ minLength: 1, maxLength: 400 }).map((bytes) => new Uint8Array(bytes)),
    takenAt: number,
    telling: fc.option(telling, { nil: undefined }),
    rows: fc.array(row, { maxLength: 40 }),
  })
  .map(({ telling: said, ...rest }) => encodeKeptClaim({ ...rest, ...(said && { telling: said }) }))

test('a start reads every kept claim as the format has it', () => {
  const read = createKeptClaimReader()
  fc.assert(fc.property(record, (value) => isDeepStrictEqual(read(value), readKeptClaim(value))))
})

test('whatever a disk has made of a record, it is read or counts as absent', () => {
  const read = createKeptClaimReader()
  const damaged = fc.tuple(record, fc.nat(500), fc.nat(255), fc.nat(500)).map(([value, at, byte, end]) => {
    const bytes = value.slice(0, Math.max(1, value.length - (end > 400 ? end - 400 : 0)))
    bytes[at % bytes.length] = byte
    return bytes
  })
  const noise = fc.uint8Array({ maxLength: 60 }).map((bytes) => new Uint8Array(bytes))
  fc.assert(
    fc.property(fc.oneof(damaged, noise), (value) => {
      const kept = read(value)
      return kept === undefined || kept.bytes.length <= value.length
    }),
    { numRuns: 2_000 },
  )
})

test('a record of an earlier version, a claim by itself, stays readable', async () => {
  const claim = await claimOf('bob', createRig().own('film'), 7)
  expect(createKeptClaimReader()(claim)).toEqual({ bytes: claim })
})
