import { expect, it } from 'vitest'
import { needs, scopeOf, worstOf } from '../../core/needs.ts'
import { sayMissing } from './missing-words.ts'

it.each(needs)('says in three sentences what a browser without %s lacks, what still works and what to do', (need) => {
  const said = sayMissing([need])
  for (const sentence of Object.values(said ?? {})) expect(sentence).toMatch(/^[A-Z].*\.$/)
  expect(said?.what).toMatch(/this browser|this address/i)
  const works = {
    nothing: /^Nothing can be stored, opened or given/,
    reading: /open a link.*256 MB.*cannot store/,
    everything: /^Everything else works/,
  }
  expect(said?.means).toMatch(works[scopeOf([need])])
})

it('speaks of what is worst to miss, and of nothing where nothing is missing', () => {
  expect(sayMissing([])).toBeUndefined()
  expect(sayMissing(['service-worker', 'storage', 'secure-context'])).toBe(sayMissing(['secure-context']))
  expect([worstOf([]), scopeOf([]), scopeOf(['service-worker', 'storage'])]).toEqual([undefined, 'everything', 'reading'])
  expect(new Set(needs.map((need) => sayMissing([need])?.what)).size).toBe(needs.length)
})
