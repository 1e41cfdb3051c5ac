import { expect, test } from 'vitest'
import { createRateLimit, networkOf } from './rate-limit.ts'

const PUBLIC = '203.0.113.7'
const START = 1_800_000_000_000

test('a host has its burst at once, then so many a second, and no more after a long silence', () => {
  const limit = createRateLimit({ perSecond: 2, burst: 5 })
  const allowed = (host: string, now: number) => Array.from({ length: 20 }, () => limit.allows(host, now)).filter(Boolean).length
  expect(allowed(PUBLIC, START)).toBe(5)
  expect(allowed(PUBLIC, START + 499)).toBe(0)
  expect(allowed(PUBLIC, START + 2_000)).toBe(4)
  expect(allowed(PUBLIC, START + 86_400_000)).toBe(5)
  // Setting the clock back neither gives nor takes anything.
  expect(allowed(PUBLIC, START)).toBe(0)
  expect(allowed('203.0.113.8', START)).toBe(5)
})

test.each([
  '127.0.0.1',
  '::1',
  '::ffff:127.0.0.1',
  '10.1.2.3',
  '172.16.0.1',
  '192.168.1.1',
  '::ffff:192.168.1.1',
  '169.254.0.1',
  'fd00::1',
  'fe80::1%eth0',
])('no limit for %s, which is this machine or a private network', (host) => {
  const limit = createRateLimit({ perSecond: 1, burst: 1 })
  expect(Array.from({ length: 100 }, () => limit.allows(host, START)).every(Boolean)).toBe(true)
})

test.each(['172.32.0.1', '192.169.0.1', '11.0.0.1', '::ffff:203.0.113.7', '2001:db8::1', '100.128.0.1', ''])('a limit for %j', (host) => {
  const limit = createRateLimit({ perSecond: 1, burst: 1 })
  expect([limit.allows(host, START), limit.allows(host, START)]).toEqual([true, false])
})

test('the /64 of one household counts as one host', () => {
  const limit = createRateLimit({ perSecond: 1, burst: 1 })
  expect(limit.allows('2001:db8:0:1::1', START)).toBe(true)
  expect(limit.allows('2001:db8:0:1:ffff:1:2:3', START)).toBe(false)
  expect(limit.allows('2001:db8:0:2::1', START)).toBe(true)
  expect(['2001:db8::1', '2001:db8:0:0:1:2:3:4', '2001:db8:1::', PUBLIC].map(networkOf)).toEqual([
    '2001:db8:0:0',
    '2001:db8:0:0',
    '2001:db8:1:0',
    PUBLIC,
  ])
})

test('of more hosts than are remembered, the longest silent one is forgotten first', () => {
  const limit = createRateLimit({ perSecond: 0.001, burst: 1 })
  const stranger = (number: number) => `8.${number >> 16}.${(number >> 8) & 255}.${number & 255}`
  limit.allows(PUBLIC, START)
  limit.allows('203.0.113.8', START)
  for (let number = 0; number < 49_998; number++) limit.allows(stranger(number), START)
  // Both have used their burst and are still known; the first asks again, so the second is now the longest silent.
  expect(limit.allows(PUBLIC, START)).toBe(false)
  limit.allows('9.9.9.9', START)
  expect(limit.allows('203.0.113.8', START)).toBe(true)
  expect(limit.allows(PUBLIC, START)).toBe(false)
})
