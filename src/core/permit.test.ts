import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex, hex } from './bytes.ts'
import { brandBytes, type GroupKey, type GroupSeed } from './ids.ts'
import { checkPermit, readPermit, signPermit } from './permit.ts'
import { codeThrownBy, editsOf, isRefused, plain } from './vectors/hostile-bytes.rig.ts'
import vectors from './vectors/permit.json'

const seed = brandBytes<GroupSeed>(fromHex(vectors.seed))
const groupKey = brandBytes<GroupKey>(fromHex(vectors.groupKey))

describe('permit', () => {
  it.each(vectors.valid)('[PMT1] reads and signs $name', ({ bytes, value }) => {
    const fields = checkPermit(fromHex(bytes), groupKey)
    expect(plain(fields)).toEqual(value)
    expect(readPermit(fromHex(bytes))).toEqual(fields)
    expect(hex(signPermit(seed, fields))).toBe(bytes)
  })

  it.each(vectors.invalid)('[PMT1] refuses $name', ({ bytes, error }) => {
    expect(codeThrownBy(() => checkPermit(fromHex(bytes), groupKey))).toBe(error)
  })

  it('[PMT1] accepts no hostile edit', () => {
    const good = fromHex(vectors.valid[0]?.bytes ?? '')
    fc.assert(
      fc.property(editsOf(good, 4), (bad) => isRefused(() => checkPermit(bad, groupKey))),
      { numRuns: 100_000 },
    )
  })
})
