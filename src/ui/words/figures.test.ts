import { describe, expect, it } from 'vitest'
import { sayAge, sayAgo, sayBytes, sayBytesOf, sayCount, sayDay, sayRate, sayTimeLeft } from './figures.ts'

describe('figures', () => {
  it('says sizes in powers of a thousand with at most three digits', () => {
    const sizes = [0, 1, 300, 999, 1000, 1234, 9_949, 9_950, 740_000_000, 999_499, 999_500, 2_400_000_000, 67_108_864, 2 ** 46]
    expect(sizes.map(sayBytes)).toEqual([
      '0 bytes',
      '1 byte',
      '300 bytes',
      '999 bytes',
      '1 KB',
      '1.2 KB',
      '9.9 KB',
      '10 KB',
      '740 MB',
      '999 KB',
      '1 MB',
      '2.4 GB',
      '67 MB',
      '70 TB',
    ])
  })

  it('says a part of a size with one unit where that is the same', () => {
    expect(sayBytesOf(1.5e9, 2.4e9)).toBe('1.5 of 2.4 GB')
    expect(sayBytesOf(0, 2.4e9)).toBe('0 of 2.4 GB')
    expect(sayBytesOf(9e5, 2.4e9)).toBe('900 KB of 2.4 GB')
    expect(sayBytesOf(12, 300)).toBe('12 bytes of 300 bytes')
  })

  it('says no rate while nothing moves', () => {
    expect(sayRate(0)).toBe('')
    expect(sayRate(3_100_000)).toBe('3.1\u00a0MB/s')
  })

  it('rounds the time that is left to what can honestly be known', () => {
    const seconds = [0, 9, 10, 41, 54, 59, 300, 3_599, 3_600, 7_800, 10_500, 400_000]
    expect(seconds.map(sayTimeLeft)).toEqual([
      'a few seconds left',
      'a few seconds left',
      '10 s left',
      '50 s left',
      '60 s left',
      '1 min left',
      '5 min left',
      '1 h left',
      '1 h left',
      '2 h 10 min left',
      '3 h left',
      '5 days left',
    ])
  })

  it('says how long ago in the largest unit', () => {
    expect([0, 59_000, 60_000, 3_600_000, 172_800_000].map((ms) => sayAgo(0, ms))).toEqual([
      'now',
      'now',
      '1 min ago',
      '1 h ago',
      '2 days ago',
    ])
    expect(sayAge(90 * 60_000)).toBe('1 h')
  })

  it('names days as people do', () => {
    const noon = new Date(2026, 4, 20, 12).getTime()
    const hours = 3_600_000
    expect(sayDay(noon - 30_000, noon)).toBe('just now')
    expect(sayDay(noon - 3 * hours, noon)).toBe('today')
    expect(sayDay(noon - 20 * hours, noon)).toBe('yesterday')
    expect(sayDay(new Date(2026, 2, 3).getTime(), noon)).toBe('3 March')
    expect(sayDay(new Date(2025, 5, 9).getTime(), noon)).toBe('June 2025')
  })

  it('counts with the right noun', () => {
    expect([sayCount(1, 'piece'), sayCount(2048, 'piece'), sayCount(0, 'person', 'people')]).toEqual([
      '1 piece',
      '2,048 pieces',
      '0 people',
    ])
  })
})
