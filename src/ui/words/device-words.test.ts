import { expect, test } from 'vitest'
import { sayDevice, sayRemove } from './device-words.ts'

const device = { id: '1', label: 'Amber Otter', engine: 'chromium', isThis: false }

test('a device says when it last changed something, and on what it runs', () => {
  const now = 10 * 86_400_000
  expect(sayDevice({ ...device, changedAt: now - 3 * 86_400_000 }, now)).toBe('Last change 3 days ago, Chromium')
  expect(sayDevice({ ...device, changedAt: now - 5_000 }, now)).toBe('Last change just now, Chromium')
  expect(sayDevice({ ...device, engine: '' }, now)).toBe('No change yet')
  expect(sayRemove(device.label)).toBe('Remove Amber Otter')
})
