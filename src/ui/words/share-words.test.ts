import { expect, it } from 'vitest'
import { HoardError } from '../../core/errors.ts'
import { sayError } from './words.ts'
import { sayShareError } from './share-words.ts'

it('sharing without anybody says that nobody is here, and with too few people how many more it takes', () => {
  const failed = (placed: number) => sayShareError(new HoardError('too-few-shards', { object: 'link', placed, needed: 3 })).what
  expect([0, 1, 2].map(failed)).toEqual([
    'Nobody is here to keep the link.',
    '2 more people must keep the link.',
    '1 more person must keep the link.',
  ])
  const other = new HoardError('peer-unreachable')
  expect(sayShareError(other)).toEqual(sayError(other))
  expect(sayShareError(undefined)).toEqual(sayError(undefined))
})
