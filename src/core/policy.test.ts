import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { shardCountFor } from './descriptor.ts'
import { HoardError, codeOf } from './errors.ts'
import { codeFor, defaultPolicy, gradeOf, parsePolicy, placedTarget, practiceFastPolicy, smallestCode } from './policy.ts'
import { planSegments } from './segment.ts'
import { SLICE_BYTES } from './sizes.ts'
import { statusOf, type StatusFacts } from './status.ts'
import { codeThrownBy } from './vectors/hostile-bytes.rig.ts'

const DAY = 86_400_000

describe('policy', () => {
  it('[POL1] has the defaults that the README names', () => {
    expect(parsePolicy({})).toEqual(defaultPolicy)
    expect(defaultPolicy.lease).toEqual({ termMs: 365 * DAY, renewAfterMs: 30 * DAY, graceMs: 60 * DAY })
    expect(defaultPolicy.segment.bytes).toBe(16_777_216)
    expect([defaultPolicy.presence.neighbours, defaultPolicy.guardian.bytesPerSecond]).toEqual([12, 65_536])
  })

  it('[POL2] the practice policy differs in periods and in the rate of repairs, and all periods can be waited for', () => {
    const periods = (value: object): number[] =>
      Object.entries(value).flatMap(([name, field]) =>
        typeof field === 'number' && name.endsWith('Ms') ? [field] : typeof field === 'object' && field !== null ? periods(field) : [],
      )
    const { code, segment, ledger, caps, presence } = practiceFastPolicy
    expect(presence.neighbours).toBe(defaultPolicy.presence.neighbours)
    expect({ code, segment, ledger, caps }).toEqual({
      code: defaultPolicy.code,
      segment: defaultPolicy.segment,
      ledger: defaultPolicy.ledger,
      caps: defaultPolicy.caps,
    })
    expect(periods(practiceFastPolicy).length).toBe(periods(defaultPolicy).length)
    expect(Math.max(...periods(practiceFastPolicy))).toBeLessThanOrEqual(600_000)
    expect(parsePolicy(practiceFastPolicy)).toEqual(practiceFastPolicy)
  })

  it('[POL3] takes single keys from JSON and leaves the others', () => {
    const policy = parsePolicy({ guardian: { enabled: false }, code: [{ holders: 2, k: 2, n: 3 }] })
    expect(policy.guardian).toEqual({ ...defaultPolicy.guardian, enabled: false })
    expect(policy.code).toEqual([{ holders: 2, k: 2, n: 3 }])
    expect(policy.lease).toEqual(defaultPolicy.lease)
    expect(parsePolicy({ guardian: { scanMs: 7 } }, policy).guardian).toEqual({ ...policy.guardian, scanMs: 7 })
  })

  it.each([
    ['null', null, 'policy'],
    ['a list', [], 'policy'],
    ['text', 'practice-fast', 'policy'],
    ['an unknown room', { gardian: {} }, 'gardian'],
    ['an unknown key', { guardian: { scan: 1 } }, 'guardian.scan'],
    ['a key of every object', { guardian: { constructor: 1 } }, 'guardian.constructor'],
    ['a room of every object', { toString: {} }, 'toString'],
    ['a room that is no object', { lease: 5 }, 'lease'],
    ['a period as text', { lease: { termMs: '1d' } }, 'lease.termMs'],
    ['half a millisecond', { lease: { termMs: 0.5 } }, 'lease.termMs'],
    ['no period', { guardian: { scanMs: 0 } }, 'guardian.scanMs'],
    ['a term above 400 days', { lease: { termMs: 401 * DAY } }, 'lease.termMs'],
    ['a grace above 60 days', { lease: { graceMs: 61 * DAY } }, 'lease.graceMs'],
    ['a share above 1', { ledger: { newcomersShare: 1.1 } }, 'ledger.newcomersShare'],
    ['not a number', { caps: { perEngine: Number.NaN } }, 'caps.perEngine'],
    ['a number for a flag', { guardian: { enabled: 1 } }, 'guardian.enabled'],
    ['no neighbours', { presence: { neighbours: 0 } }, 'presence.neighbours'],
    ['more neighbours than connections', { presence: { neighbours: 65 } }, 'presence.neighbours'],
    ['a rate at which no repair ends', { guardian: { bytesPerSecond: 1023 } }, 'guardian.bytesPerSecond'],
    ['segments above 64 MiB', { segment: { bytes: 67_108_865 } }, 'segment.bytes'],
    ['segments below a slice', { segment: { bytes: 1 } }, 'segment.bytes'],
    ['no code', { code: [] }, 'code'],
    ['a code that is no list', { code: { holders: 3, k: 2, n: 8 } }, 'code'],
    ['k = 1', { code: [{ holders: 3, k: 1, n: 8 }] }, 'code[0].k'],
    ['n = k', { code: [{ holders: 3, k: 4, n: 4 }] }, 'code[0]'],
    ['more shards than a code has', { code: [{ holders: 3, k: 4, n: 205 }] }, 'code[0]'],
    ['a row without n', { code: [{ holders: 3, k: 4 }] }, 'code[0].n'],
    ['m in the table', { code: [{ holders: 3, k: 2, n: 8, m: 6 }] }, 'code[0].m'],
    ['rows out of order', { code: [...defaultPolicy.code].toReversed() }, 'code[1].holders'],
  ])('[POL3] refuses %s and names the key', (_name, json, key) => {
    let error: unknown
    try {
      parsePolicy(json)
    } catch (thrown) {
      error = thrown
    }
    expect(codeOf(error)).toBe('policy-invalid')
    expect(error instanceof HoardError && error.facts['key']).toBe(key)
  })

  it('[POL3] refuses whatever else it is given with one error', () => {
    fc.assert(fc.property(fc.jsonValue(), (json) => ['policy-invalid', 'nothing'].includes(String(codeThrownBy(() => parsePolicy(json))))))
  })

  it('[POL8] every code of a policy can cut a segment', () => {
    const wide = { code: [{ holders: 3, k: 5, n: 9 }], segment: { bytes: 5 * SLICE_BYTES } }
    expect(planSegments(3_000_000, 5, parsePolicy(wide).segment.bytes).length).toBe(3)
    const refusedKey = (json: unknown) => {
      try {
        return parsePolicy(json)
      } catch (error) {
        return error instanceof HoardError && error.code === 'policy-invalid' && error.facts['key']
      }
    }
    expect(refusedKey({ ...wide, segment: { bytes: 5 * SLICE_BYTES - 1 } })).toBe('code[0].k')
    // The default table goes up to k = 8: a network that only shortens segments gets an error that names segment.bytes.
    expect(refusedKey({ segment: { bytes: 8 * SLICE_BYTES - 1 } })).toBe('segment.bytes')
    expect(parsePolicy({ segment: { bytes: 8 * SLICE_BYTES } }).segment.bytes).toBe(8 * SLICE_BYTES)
  })

  it('[POL4] m is 6, 12, 16, 19 and 25 for the rows, and always between k and n', () => {
    expect(defaultPolicy.code.map(({ k, n }) => placedTarget(k, n))).toEqual([6, 12, 16, 19, 25])
    expect(placedTarget(2, 3)).toBe(3)
    const code = fc.integer({ min: 2, max: 203 }).chain((k) => fc.tuple(fc.constant(k), fc.integer({ min: k + 1, max: 204 })))
    fc.assert(fc.property(code, ([k, n]) => k < placedTarget(k, n) && placedTarget(k, n) <= n && Number.isInteger(placedTarget(k, n))))
  })

  it('[POL5] people choose the row, and those whom nobody knows yet get one that they can hold', () => {
    const chosen = (people: number, uptime: number) => {
      const code = codeFor(defaultPolicy, Array<number>(people).fill(uptime))
      return code === undefined ? 'outbox only' : `${code.k} of ${code.n}`
    }
    const counts = [0, 2, 3, 7, 8, 19, 20, 49, 50, 99, 100, 299, 300, 5000]
    const rows = ['2 of 8', '3 of 15', '4 of 20', '6 of 24', '8 of 32'].flatMap((row) => [row, row])
    expect(counts.map((people) => chosen(people, 1))).toEqual(['outbox only', 'outbox only', rows[0], rows[0], ...rows])
    // 15 x 0.33 is 1.65 x 3, 20 x 0.33 is 1.65 x 4, 24 x 0.33 is 1.32 x 6.
    expect([20, 49, 50, 99, 100, 5000].map((people) => chosen(people, 0.33))).toEqual([
      rows[2],
      rows[2],
      rows[4],
      rows[4],
      rows[4],
      rows[4],
    ])
    expect([19, 20, 5000].map((people) => chosen(people, 0.1))).toEqual([rows[0], rows[0], rows[0]])
    expect(codeFor(defaultPolicy, [0.33, 0.33, 0.33])).toEqual({ k: 2, n: 8, m: 6, t: shardCountFor(8) })
    expect(smallestCode(defaultPolicy)).toEqual(codeFor(defaultPolicy, [0.33, 0.33, 0.33]))
  })

  it('[POL5] the best n of the people decide, and only rows whose n answer', () => {
    const uptimes = [...Array<number>(12).fill(0.75), ...Array<number>(100).fill(0.01)]
    // Twelve steady people are 9 and a little: 1.5 x 6, whoever else is there.
    expect(codeFor(defaultPolicy, uptimes)).toMatchObject({ k: 6, n: 24 })
    expect(codeFor(defaultPolicy, uptimes.slice(1))).toMatchObject({ k: 4, n: 20 })
    expect(codeFor(defaultPolicy, uptimes, 23)).toMatchObject({ k: 4, n: 20 })
    expect(codeFor(defaultPolicy, uptimes, 2)).toBe(undefined)
  })

  it('[POL5] another person, or one who is there more often, never gives a smaller row', () => {
    const uptime = fc.integer({ min: 0, max: 64 }).map((part) => part / 64)
    const swarm = fc.tuple(fc.array(uptime, { minLength: 1, maxLength: 320 }), uptime, fc.nat(), fc.integer({ min: 0, max: 320 }))
    const rowOf = (uptimes: readonly number[], answering: number): number => codeFor(defaultPolicy, uptimes, answering)?.n ?? 0
    fc.assert(
      fc.property(swarm, ([uptimes, another, at, answering]) => {
        const before = rowOf(uptimes, answering)
        const place = at % uptimes.length
        const raised = uptimes.with(place, Math.max(another, uptimes[place] ?? 0))
        return rowOf([...uptimes, another], answering) >= before && rowOf(raised, answering) >= before
      }),
    )
  })

  it('[POL6] the grade is that of the code, and at most what its people can hold', () => {
    const levels = ['high', 'enough', 'unknown', 'low', 'too low'] as const
    const grades = defaultPolicy.code.map(({ k, n }) => levels.map((steadiness) => gradeOf(k, n, steadiness)))
    const fragile = levels.map(() => 'Fragile')
    const capped = ['Protected', 'Protected', 'Fragile', 'Fragile', 'Fragile']
    expect(grades).toEqual([fragile, capped, capped, ['Strong', ...capped.slice(1)], ['Strong', ...capped.slice(1)]])
  })
})

describe('status', () => {
  const stored: StatusFacts = {
    hasLocalCopy: false,
    isTransferring: false,
    isRepairing: false,
    reachable: 8,
    known: 8,
    isGivenUp: false,
    verified: 8,
    isReadBack: true,
    k: 2,
    m: 6,
    n: 8,
    grade: 'Fragile',
  }
  const outbox = { ...stored, hasLocalCopy: true, isReadBack: false, grade: 'Protected' } as const
  const nobody = { reachable: 0, known: 0, verified: 0, isReadBack: false }

  it.each<[string, StatusFacts, string]>([
    ['nobody is there and nothing was decided', { ...outbox, ...nobody, k: 0, m: 0, n: 0 }, 'On this device only'],
    ['no more than k are placed', { ...outbox, verified: 2 }, 'On this device only'],
    ['more than k are placed', { ...outbox, verified: 3 }, 'Fragile'],
    ['m are placed but none was read back', { ...outbox, verified: 6 }, 'Fragile'],
    ['sealing goes on', { ...outbox, ...nobody, isTransferring: true, k: 0, m: 0, n: 0 }, 'Storing'],
    ['placing goes on below m', { ...outbox, isTransferring: true, verified: 5 }, 'Storing'],
    ['placing goes on, m are there, reading back is not done', { ...outbox, isTransferring: true, verified: 6 }, 'Storing'],
    ['placing goes on above m', { ...outbox, isTransferring: true, isReadBack: true, verified: 6 }, 'Protected'],
    ['m are placed and read back', { ...outbox, isReadBack: true, verified: 6 }, 'Protected'],
    ['all is well', { ...stored, grade: 'Strong' }, 'Strong'],
    ['fewer than k answer', { ...stored, reachable: 1 }, 'Waiting for people'],
    ['fewer than k are left', { ...stored, reachable: 1, known: 1, isGivenUp: true }, 'Cannot be rebuilt'],
    ['fewer than k are left, for whom nobody has looked long enough', { ...stored, reachable: 1, known: 1 }, 'Waiting for people'],
    ['k are left of people who are away, however long', { ...stored, reachable: 0, known: 2, isGivenUp: true }, 'Waiting for people'],
    ['fewer than m are left', { ...stored, grade: 'Strong', reachable: 5, known: 5 }, 'Fragile'],
    ['fewer than m are left and a guardian works', { ...stored, grade: 'Strong', reachable: 5, known: 5, isRepairing: true }, 'Restoring'],
    ['m are left and a guardian, who counts fewer, works', { ...stored, grade: 'Strong', isRepairing: true }, 'Strong'],
    ['lost pieces are placed anew from the copy', { ...outbox, isReadBack: true, verified: 5, isRepairing: true }, 'Restoring'],
    ['too few are left for that', { ...outbox, isReadBack: true, verified: 2, isRepairing: true }, 'On this device only'],
    ['a link is being opened', { ...stored, ...nobody, k: 0, m: 0, n: 0 }, 'Waiting for people'],
  ])('[POL7] when %s', (_name, facts, word) => {
    expect(statusOf(facts)).toBe(word)
  })
})
