import { expect, test } from 'vitest'
import { createSeededRandom } from '../../../adapters/memory/seeded-random.ts'
import { createVirtualClock } from '../../../adapters/memory/virtual-clock.ts'
import type { PeerId } from '../../../core/ids.ts'
import { peerIdOf } from '../../../core/peer-id.ts'
import { createChanges } from '../../../flow/changes.ts'
import type { OwnNews } from '../../groups/own-news.ts'
import type { StoreTools } from '../../groups/owner-tools.ts'
import type { Content } from '../../storing/content.ts'
import { askForHolders, drawHolder } from './ask-for-holders.ts'
import type { OwnFiles } from '../own-files.ts'
import { topUpRoots } from './top-up-roots.ts'

const peers = [1, 2, 3, 4].map((fill) => peerIdOf(new Uint8Array(32).fill(fill)))

test('[GRO5] the holder that is asked is drawn anew each time, from those who proved a piece while there are any', () => {
  const random = createSeededRandom('draw')
  const drawn = (checked: readonly PeerId[]) => {
    const holders = peers.map((holder) => ({ holder, isChecked: checked.includes(holder) }))
    return new Set(Array.from({ length: 64 }, () => drawHolder(holders, random)))
  }
  expect(drawn([])).toEqual(new Set(peers))
  expect(drawn(peers.slice(2))).toEqual(new Set(peers.slice(2)))
  expect(drawHolder([], random)).toBeUndefined()
})

test.each([
  ['looking for holders', (tools: StoreTools, own: OwnFiles, signal: AbortSignal) => askForHolders(tools, own, {} as OwnNews, signal)],
  ['tending roots', (tools: StoreTools, own: OwnFiles, signal: AbortSignal) => topUpRoots(tools, own, createChanges(), signal)],
])('a device that owns nothing does not wake for %s, and one does every minute', async (_work, run) => {
  const clock = createVirtualClock()
  const changes = createChanges()
  let [rounds, contents]: [number, readonly Content[]] = [0, []]
  const people = { settled: async () => void rounds++ }
  const tools = { parts: { clock }, people, changes, journal: { ended: () => [] } } as unknown as StoreTools
  const own = { all: () => [], contents: () => contents, carePacks: async () => undefined } as unknown as OwnFiles
  const closing = new AbortController()
  const running = run(tools, own, closing.signal).catch((error: unknown) => error)
  await clock.advance(3_600_000)
  expect([rounds, clock.waiting()]).toEqual([1, 0])
  contents = [{ note: { isStored: false }, groups: [] } as unknown as Content]
  changes.tell()
  await clock.advance(600_000)
  expect(rounds).toBe(12)
  closing.abort('closed')
  expect(await running).toBe('closed')
})
