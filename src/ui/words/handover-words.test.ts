import { expect, it } from 'vitest'
import { sayAllHanded, sayHanded, sayHandover, sayNobody } from './handover-words.ts'

it('a handover says what goes, how far it is and how long it takes, where that is known', () => {
  expect(sayHandover(2000, 3_200_000_000, 300_000)).toBe(
    'Your 2,000 pieces (3.2 GB) go one by one to other people. That takes about 3 h while this page is open.',
  )
  expect(sayHandover(1, 4_096, 0)).toBe('Your piece (4.1 KB) goes to other people.')
  expect(sayHandover(1, 4_096, 300_000)).toBe('Your piece (4.1 KB) goes to other people. That takes a few seconds while this page is open.')
  expect(sayHanded(120, 2000, 3_240_000_000, 300_000)).toBe('120 of 2,000 pieces handed over, about 3 h left')
  expect(sayHanded(0, 1, 3_240_000_000, 0)).toBe('0 of 1 piece handed over')
  expect(sayNobody(14)).toBe('14 pieces found nobody yet.')
  expect([sayAllHanded(2000), sayAllHanded(1)]).toEqual(['All 2,000 pieces are handed over.', 'The piece is handed over.'])
})
