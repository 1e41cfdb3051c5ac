import { describe, expect, it } from 'vitest'
import { HoardError } from '../../core/errors.ts'
import { sayLimitMet } from './limit-words.ts'

describe('words of limits', () => {
  it('[FNM4] names the files that were left out of a drop, and the limit', () => {
    const facts = { reason: 'size', names: 'a.iso, b.iso, c.iso', named: 3, count: 5, bytes: 7e11, most: 5.58e11 }
    expect(sayLimitMet(new HoardError('file-refused', facts))).toEqual({
      what: 'Not added: a.iso, b.iso, c.iso and 2 more files.',
      means: 'The first one has 700 GB; 558 GB is the most for one file.',
      then: 'Split it and add the parts. All other files are in.',
    })
    const one = { reason: 'name', names: 'n', named: 1, count: 1, bytes: 1025, most: 1024 }
    expect(sayLimitMet({ code: 'file-refused', facts: one }).means).toBe('It has a name of 1,025 bytes; 1,024 bytes is the most.')
  })

  it('says of the address of a relay what is wrong with it', () => {
    expect(sayLimitMet(new HoardError('address-refused', { reason: 'count', most: 16 })).what).toMatch(/16 relays at most/)
    expect(sayLimitMet(new HoardError('address-refused', { reason: 'length', most: 512 })).means).toMatch(/512/)
    expect(sayLimitMet(new HoardError('relay-unreachable')).what).toMatch(/relay/)
  })
})
