import { expect, test } from 'vitest'
import { createSeededRandom } from '../../adapters/memory/seeded-random.ts'
import { createDeviceSigner } from '../../adapters/storage/device-signer.ts'
import { brandBytes, type SegmentId } from '../../core/ids.ts'
import type { GroupHost } from '../../protocol/group.ts'
import { refused, type Refusal } from '../../protocol/refusal.ts'
import { createOwnNews } from './own-news.ts'
import type { StoreTools } from './owner-tools.ts'

const { peerId } = createDeviceSigner(createSeededRandom('stranger').bytes(32))
const said = { segmentId: brandBytes<SegmentId>(new Uint8Array(32)), course: { is: 'under way', until: 1 } } as const

/** An owner in front of a holder that refuses a word with `refusal`; counts how often what it owns is looked through. */
async function hear(refusal: Refusal) {
  let looks = 0
  const groupWith = () => {
    looks++
    return undefined
  }
  const host = { repairing: async () => Promise.reject(refused(refusal)) } as unknown as GroupHost
  const check = <T>(_peer: unknown, verify: () => T): T => verify()
  const news = createOwnNews(
    { journal: { groupWith } } as unknown as StoreTools,
    () => undefined,
    { note: () => undefined },
    check,
    new AbortController().signal,
  )
  const answer = await news
    .inFrontOf(host)
    .repairing?.(peerId, said)
    .then(
      () => 'taken',
      (error: unknown) => error,
    )
  return { looks, answer }
}

test('[SYN5] beyond the words that are taken of a peer nobody has an owner look through its files', async () => {
  expect(await hear('RATE')).toEqual({ looks: 0, answer: refused('RATE') })
  expect(await hear('UNKNOWN')).toEqual({ looks: 1, answer: refused('UNKNOWN') })
})
