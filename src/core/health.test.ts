import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { enoughOf, healthOf, type KeptPiece } from './health.ts'

const people = ['ada', 'bo', 'cleo', 'dan', 'eve', 'finn', 'gil']

/** Segments of at most seven kept pieces; several people may keep the same piece only when the `keepers` are any number. */
const segmentsOf = (keepers: 'one of each piece' | 'any number of each piece') =>
  fc.record({
    presence: fc.array(fc.constantFrom('here', 'lately', 'away'), { minLength: people.length, maxLength: people.length }),
    owners: fc.array(
      fc.uniqueArray(fc.tuple(fc.nat(6), fc.nat(6)), {
        maxLength: 7,
        selector: ([index, who]) => (keepers === 'one of each piece' ? index : `${index} ${who}`),
      }),
      {
        minLength: 1,
        maxLength: 4,
      },
    ),
  })

function toSegments({
  presence,
  owners,
}: {
  readonly presence: readonly string[]
  readonly owners: readonly (readonly [number, number][])[]
}) {
  return owners.map((pieces) =>
    pieces.map(([index, who]): KeptPiece => ({
      index,
      person: people[who] ?? '',
      isHere: presence[who] === 'here',
      isLately: presence[who] !== 'away',
    })),
  )
}

/** Tries every set of people that may go: the naive twin of `margin`. */
function bruteMargin(segments: readonly (readonly KeptPiece[])[], k: number): number {
  const here = segments.map((pieces) => pieces.filter(({ isHere }) => isHere))
  const isEnough = (gone: ReadonlySet<string>) =>
    here.every((pieces) => new Set(pieces.filter(({ person }) => !gone.has(person)).map(({ index }) => index)).size >= k)
  let most = people.length
  for (let set = 0; set < 2 ** people.length; set++) {
    const gone = people.filter((_, at) => (set & (1 << at)) !== 0)
    if (!isEnough(new Set(gone))) most = Math.min(most, gone.length - 1)
  }
  return most
}

const fileOf = (segments: number, holders: number, n: number, gone: readonly number[] = []) =>
  Array.from({ length: segments }, (_, segment) =>
    Array.from({ length: n }, (__, index): KeptPiece => {
      const who = (segment * 5 + index) % holders
      return { index, person: `person ${who}`, isHere: !gone.includes(who), isLately: true }
    }),
  )

describe('health', () => {
  it('[HTH1] every figure is that of the worst segment', () => {
    fc.assert(
      fc.property(segmentsOf('one of each piece'), fc.integer({ min: 2, max: 4 }), (given, k) => {
        const segments = toSegments(given)
        const all = healthOf(segments, k)
        const each = segments.map((segment) => healthOf([segment], k))
        const least = (of: (health: (typeof each)[number]) => number) => Math.min(...each.map(of))
        return (
          all.here === least(({ here }) => here) &&
          all.lately === least(({ lately }) => lately) &&
          all.known === least(({ known }) => known) &&
          all.margin === least(({ margin }) => margin) &&
          all.knownMargin === least(({ knownMargin }) => knownMargin)
        )
      }),
    )
  })

  it('[HTH2] as many of those here as the margin says may go, whichever they are, and with one more something is lost', () => {
    fc.assert(
      fc.property(segmentsOf('one of each piece'), fc.integer({ min: 2, max: 3 }), (given, k) => {
        const segments = toSegments(given)
        const { margin } = healthOf(segments, k)
        const brute = bruteMargin(segments, k)
        return margin < 0 ? brute === -1 : margin === Math.min(brute, healthOf(segments, k).peopleHere)
      }),
      { numRuns: 300 },
    )
  })

  it('[HTH2] a piece that two people keep never makes the margin greater than it is', () => {
    fc.assert(
      fc.property(segmentsOf('any number of each piece'), fc.integer({ min: 2, max: 3 }), (given, k) => {
        const segments = toSegments(given)
        return healthOf(segments, k).margin <= bruteMargin(segments, k)
      }),
      { numRuns: 300 },
    )
  })

  it('[HTH3] seven segments over twelve people survive the loss of half of them, not of three quarters', () => {
    const health = healthOf(fileOf(7, 12, 8), 2)
    expect(health).toMatchObject({ here: 8, known: 8, people: 12, peopleHere: 12, margin: 6 })
    expect(enoughOf(health)).toBe(6)
  })

  it('[HTH3] a person who is away counts for no figure of now', () => {
    const health = healthOf(fileOf(1, 8, 8, [0, 1, 2, 3, 4, 5]), 2)
    expect(health).toMatchObject({ here: 2, lately: 8, known: 8, peopleHere: 2, margin: 0, knownMargin: 6 })
    expect(enoughOf(health)).toBe(2)
    const gone = healthOf(fileOf(1, 8, 8, [0, 1, 2, 3, 4, 5, 6]), 2)
    expect([gone.margin, enoughOf(gone)]).toEqual([-1, undefined])
  })

  it('[HTH1] of what was not begun nothing is safe', () => {
    expect(healthOf([...fileOf(2, 8, 8), []], 2)).toMatchObject({ here: 0, known: 0, margin: -2, knownMargin: -2 })
    expect(healthOf([], 2)).toMatchObject({ here: 0, people: 0, margin: 0 })
  })
})
