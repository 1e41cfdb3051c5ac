import { expect, it } from 'vitest'
import type { FileView, StatusWord } from '../../peer/index.ts'
import { sayAllFiles } from './you-words.ts'

const HOUR = 3_600_000

function file(status: StatusWord, known: number, provenAt?: number): FileView {
  return { status, health: { people: known, known, needed: 2, provenAt } } as unknown as FileView
}

it('[HTH8] sums up all files: their words, those with hardly a piece to spare, and the oldest proof', () => {
  const files = [
    file('Fragile', 3, 5 * HOUR),
    file('Protected', 8, 4 * HOUR),
    file('Fragile', 4, 9 * HOUR),
    file('On this device only', 1, 0),
  ]
  expect(sayAllFiles(files, 10 * HOUR)).toEqual([
    '4 files: 1 Protected, 2 Fragile, 1 On this device only.',
    '1 file has one piece to spare, or none. Every piece was checked in the last 6 h.',
  ])
  expect(sayAllFiles([file('Cannot be rebuilt', 1, HOUR), file('Waiting for people', 2, HOUR)], 100 * HOUR)[1]).toBe(
    '2 files have one piece to spare, or none. Every piece was checked in the last 4 days.',
  )
})

it('says nothing of pieces where nobody keeps any, and that there are no files', () => {
  expect(sayAllFiles([file('Storing', 3, 0)], HOUR)).toEqual(['1 file, Storing.'])
  expect(sayAllFiles([file('Strong', 24, HOUR)], HOUR)).toEqual([
    '1 file, Strong.',
    'Each file that people keep has two or more pieces to spare. Every piece was checked in the last minute.',
  ])
  expect(sayAllFiles([file('Storing', 3), file('Storing', 3)], HOUR)).toEqual(['2 files, all Storing.'])
  expect(sayAllFiles([], HOUR)).toEqual(['No files yet.'])
})
