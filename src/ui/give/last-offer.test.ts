import { expect, it } from 'vitest'
import { recallOffer, rememberOffer } from './last-offer.ts'

it('the last offer is shown at a start, and nothing when none is remembered or it makes no sense', () => {
  const kept = new Map<string, string>()
  const memory = { read: (name: string) => kept.get(name), write: (name: string, value: string) => void kept.set(name, value) }
  expect(recallOffer(memory)).toBeUndefined()
  rememberOffer(memory, { isOn: true, offerBytes: 10_000_000_000, usedBytes: 5 })
  expect(recallOffer(memory)).toEqual({ isOn: true, offerBytes: 10_000_000_000, usedBytes: 5 })
  for (const said of ['', '{}', '[]', '[1,2,3]', '[true,-1,0]', '[true,1e99,0]', 'null']) {
    kept.set('last-offer', said)
    expect(recallOffer(memory)).toBeUndefined()
  }
})
