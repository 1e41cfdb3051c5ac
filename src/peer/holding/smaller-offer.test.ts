import { expect, test } from 'vitest'
import type { MemoryFiles } from '../../adapters/memory/memory-files.ts'
import { sizeOnDisk } from '../../adapters/storage/slabs/slab-layout.ts'
import { askToStore } from '../../protocol/store-shard.ts'
import { createRig, outcome, shardsOnDisk, until } from '../../sim/holder.rig.ts'
import { tell } from '../../protocol/group.ts'

function slabBytes(files: MemoryFiles): number {
  const slabs = files.paths().filter((path) => path.startsWith('slabs/'))
  return slabs.reduce((sum, path) => sum + files.contentOf(path).length, 0)
}

test('a holder that lends less gets back the disk that lies idle, and keeps its shards', async () => {
  const rig = createRig()
  const owner = rig.join('owner')
  const { peer, host, files } = await rig.holder('ada')
  const given = rig.own('given up')
  const turn = await askToStore(owner, rig.clock, peer, given.offer(peer, 0), {})
  if (turn.is !== 'wanted') throw new Error('not wanted')
  await turn.send(given.shards[0]?.subarray(0, 300_000) ?? new Uint8Array())
  turn.abort()
  await until(host, () => shardsOnDisk(host) > 0)
  const segments = [1, 2, 3, 4].map((number) => rig.own(`film ${number}`))
  for (const segment of segments) await rig.place(owner, peer, segment, 0)
  await tell(owner, rig.clock, peer, { tombstone: given.tombstone(6000), claims: [] })
  await rig.clock.advance(2 * 3_600_000)
  const bytes = segments.reduce((sum, { shards }) => sum + (shards[0]?.length ?? 0), 0)
  expect(shardsOnDisk(host)).toBe(4 * sizeOnDisk(500_000))
  // One slot of five lies idle, too little to be compacted without being asked.
  expect(slabBytes(files)).toBeGreaterThan(1.25 * bytes)
  host.setOffer({ isOn: true, offerBytes: 500_000_000 })
  while (slabBytes(files) > (17 / 16) * bytes + 16 * 1024) await new Promise((resolve) => setImmediate(resolve))
  expect(shardsOnDisk(host)).toBe(4 * sizeOnDisk(500_000))
  // No shard has to be sent again.
  for (const segment of segments) expect((await askToStore(owner, rig.clock, peer, segment.offer(peer, 0), {})).is).toBe('kept')
  // The ended group never had a whole shard here, so its end is not remembered.
  expect(await outcome(rig.place(owner, peer, given, 0))).toBe('done')
})
