import { describe, expect, it } from 'vitest'
import { keptType, largestFile, MAX_FOLDER_BYTES, MAX_NAME_BYTES, MAX_TYPE_BYTES, sortDrop } from './file-limits.ts'
import { defaultPolicy } from './policy.ts'
import { recordCount } from './records.ts'
import { planSegments } from './segment.ts'
import { MAX_FILE_BYTES, MAX_FILE_GROUPS, MAX_GROUP_SEGMENTS } from './sizes.ts'

const file = (name: string, path = '', size = 1) => ({ name, path, blob: { size } })
const ok = file('ok.txt')

describe('limits of what can be stored', () => {
  it('[FNM4] are met by each file of a drop for itself, and the others go in', () => {
    const wide = '研'.repeat(341)
    const cases = [
      [file('n'.repeat(MAX_NAME_BYTES)), undefined],
      [file('n'.repeat(MAX_NAME_BYTES + 1)), { reason: 'name', bytes: 1025, most: 1024 }],
      [file(`${wide}.`), undefined],
      [file(`${wide}.x`), { reason: 'name', bytes: 1025, most: 1024 }],
      [file('a', 'p'.repeat(MAX_FOLDER_BYTES)), undefined],
      [file('a', `${wide}/b`), { reason: 'path', bytes: 1025, most: 1024 }],
      [file('a', '', MAX_FILE_BYTES), undefined],
      [file('a', '', MAX_FILE_BYTES + 1), { reason: 'size', bytes: MAX_FILE_BYTES + 1, most: MAX_FILE_BYTES }],
      // A half character is written as three bytes.
      [file(`\ud800${'n'.repeat(1022)}`), { reason: 'name', bytes: 1025, most: 1024 }],
    ] as const
    for (const [one, facts] of cases) {
      const { taken, refusal } = sortDrop([ok, one, ok])
      expect(taken).toEqual(facts === undefined ? [ok, one, ok] : [ok, ok])
      expect(refusal?.facts).toEqual(facts && { ...facts, names: expect.any(String), named: 1, count: 1 })
    }
  })

  it('[FNM4] name the first three files that they leave out, and count all', () => {
    const long = 'p'.repeat(2000)
    const { taken, refusal } = sortDrop([file('a', long), ok, file('b\u202e', long), file('c', long), file('d', long)])
    expect(taken).toEqual([ok])
    expect(refusal).toMatchObject({ code: 'file-refused', facts: { reason: 'path', names: 'a, b, c', named: 3, count: 4 } })
  })

  it('[FNM4] leave out a type that is too long: it is a hint', () => {
    expect(keptType('text/plain')).toBe('text/plain')
    expect(keptType(`text/${'x'.repeat(MAX_TYPE_BYTES)}`)).toBe('')
  })

  it('[FNM4] the largest file fits the groups of an entry under every row of the code, and no larger one does', () => {
    const ks = defaultPolicy.code.map(({ k }) => k)
    for (const segmentBytes of [8_388_608, 16_777_216, 67_108_864]) {
      const largest = largestFile(ks, segmentBytes)
      const groups = (size: number) =>
        Math.max(...ks.map((k) => Math.ceil(planSegments(size, k, segmentBytes).length / MAX_GROUP_SEGMENTS)))
      expect(groups(largest)).toBeLessThanOrEqual(MAX_FILE_GROUPS)
      expect(groups(largest + 1)).toBeGreaterThan(MAX_FILE_GROUPS)
      expect(recordCount(largest)).toBeLessThan(recordCount(largest + 1))
    }
    expect(largestFile([2], 2 ** 60)).toBe(MAX_FILE_BYTES)
  })
})
