import { describe, expect, it } from 'vitest'
import type { Bytes } from '../bytes.ts'
import {
  isTrusted,
  noteChecked,
  noteError,
  noteLie,
  noteStoreEpoch,
  noteUnknown,
  standingOf,
  unknownConduct,
  type RowEvidence,
} from './evidence.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const LOST = 48 * HOUR
const row: RowEvidence = { shard: 'a', toldAt: DAY, takenAt: DAY }
const epoch = (fill: number): Bytes => new Uint8Array(16).fill(fill)
const standing = (conduct = unknownConduct, now = DAY, of: RowEvidence = row) => standingOf(conduct, of, now, LOST)

describe('evidence', () => {
  it('[EVD1] what is only told counts for lostAfterMs', () => {
    expect([standing(), standing(unknownConduct, DAY + LOST), standing(unknownConduct, DAY + LOST + 1)]).toEqual(['told', 'told', 'stale'])
  })

  it('[EVD1] signing anew makes nothing younger', () => {
    expect(standing(unknownConduct, 4 * DAY, { ...row, takenAt: 4 * DAY })).toBe('stale')
  })

  it('[EVD1] a shard that was checked here counts', () => {
    expect(standing(unknownConduct, 300 * DAY, { ...row, checkedAt: 2 * DAY })).toBe('proven')
  })

  it('[EVD1] three other shards within 30 days prove a shard, and the same one three times does not', () => {
    const after = (shards: readonly string[]) => shards.reduce((last, shard, hour) => noteChecked(last, shard, hour * HOUR), unknownConduct)
    expect(standing(after(['b', 'c', 'd']), 10 * DAY)).toBe('proven')
    expect(standing(after(['b', 'c', 'd']), 31 * DAY)).toBe('stale')
    expect(standing(after(['b', 'b', 'b', 'c']), 10 * DAY)).toBe('stale')
    expect(standing(after(['a', 'b', 'c']), 10 * DAY)).toBe('stale')
    expect(standing(after(['b', 'c', 'a', 'd']), 10 * DAY)).toBe('proven')
    expect(after(['b', 'c', 'd', 'e', 'f', 'b']).checks.map(({ shard }) => shard)).toEqual(['b', 'f', 'e', 'd'])
  })

  it('[EVD2] wrong bytes damn for good', () => {
    const liar = noteLie(unknownConduct)
    expect(standing(noteChecked(liar, 'a', DAY), DAY, { ...row, checkedAt: DAY })).toBe('gone')
  })

  it('[EVD3] three errors in a row count only over lostAfterMs / 8, and until one success', () => {
    const proven = { ...row, checkedAt: DAY }
    const failing = (...hours: readonly number[]) => hours.reduce((last, hour) => noteError(last, hour * HOUR), unknownConduct)
    expect(standing(failing(0, 5), DAY, proven)).toBe('proven')
    expect(standing(failing(0, 1, 2, 5.9), DAY, proven)).toBe('proven')
    expect(standing(failing(0, 3, 6), DAY, proven)).toBe('stale')
    expect(standing(noteChecked(failing(0, 3, 6), 'b', DAY), DAY, proven)).toBe('proven')
    expect(standing(noteError(noteChecked(failing(0, 3), 'b', 4 * HOUR), 6 * HOUR), DAY, proven)).toBe('proven')
  })

  it('[EVD3] a piece that came after the first error ends no row of errors, unless it has been kept for a month', () => {
    const proven = { ...row, checkedAt: 2 * DAY }
    const failing = [2, 5, 8].reduce((last, hour) => noteError(last, hour * HOUR), unknownConduct)
    const given = 3 * HOUR
    expect(standing(noteChecked(failing, 'b', DAY, given), 2 * DAY, proven)).toBe('stale')
    expect(standing(noteChecked(failing, 'b', DAY, HOUR), 2 * DAY, proven)).toBe('proven')
    expect(standing(noteChecked(failing, 'b', given + 30 * DAY, given), 40 * DAY, proven)).toBe('proven')
  })

  it('[EVD4] UNKNOWN voids what was taken before, and what was checked', () => {
    const checked = ['b', 'c', 'd'].reduce((last, shard) => noteChecked(last, shard, DAY), unknownConduct)
    const voided = noteUnknown(checked, 2 * DAY)
    expect(standing(voided, 2 * DAY, { ...row, checkedAt: DAY })).toBe('gone')
    expect(standing(voided, 2 * DAY + 1, { ...row, takenAt: 2 * DAY + 1, checkedAt: DAY })).toBe('told')
    expect(standing(voided, 20 * DAY, { ...row, takenAt: 3 * DAY, checkedAt: DAY })).toBe('stale')
    expect(standing(voided, 20 * DAY, { ...row, takenAt: 3 * DAY, checkedAt: 4 * DAY })).toBe('proven')
  })

  it('[EVD6] who lies, refuses or knows nothing of what it claims is offered nothing, who lost its store is', () => {
    const thrice = (note: typeof noteError) => [0, 3, 6].reduce((last, hour) => note(last, hour * HOUR), unknownConduct)
    expect([unknownConduct, noteLie(unknownConduct), thrice(noteError), thrice(noteUnknown)].map((each) => isTrusted(each, LOST))).toEqual([
      true,
      false,
      false,
      false,
    ])
    const lost = [1, 2, 3, 4].reduce((last, fill) => noteStoreEpoch(last, epoch(fill), fill * DAY), unknownConduct)
    expect(isTrusted(lost, LOST)).toBe(true)
  })

  it('[EVD4] another storeEpoch voids, the first one and the same one do not', () => {
    const first = noteStoreEpoch(unknownConduct, epoch(1), DAY)
    expect(standing(first)).toBe('told')
    expect(noteStoreEpoch(first, epoch(1), 2 * DAY)).toBe(first)
    const second = noteStoreEpoch(first, epoch(2), 2 * DAY)
    expect(standing(second, 2 * DAY)).toBe('gone')
    expect(standing(second, 2 * DAY + 1, { ...row, takenAt: 2 * DAY + 1 })).toBe('told')
  })
})
