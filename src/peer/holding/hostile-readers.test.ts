import { expect, test } from 'vitest'
import { nextTurn } from '../../adapters/memory/turn.ts'
import type { ShardStore } from '../../ports/shard-store.ts'
import { protocolOf, sendMessage } from '../../protocol/conversation.ts'
import { openFetch } from '../../protocol/fetch-shard.ts'
import { MAX_INBOUND } from '../../protocol/limits.ts'
import { shardRequests } from '../../protocol/shard-messages.ts'
import { createWire } from '../../protocol/wire.ts'
import { createRig, outcome } from '../../sim/holder.rig.ts'

const LEAF_BYTES = 65_536
const ATTEMPTS = 10_000

test('[FET4] ten thousand requests whose streams are dropped leave the disk of their holder to others', async () => {
  const rig = createRig()
  const disk = createStuckDisk()
  const ada = await rig.holder('ada', { shards: disk.of })
  const [eve, segment] = [rig.join('eve'), rig.own('film')]
  await rig.place(rig.join('owner'), ada.peer, segment, 0)
  const { segmentId, leaves } = segment
  const readBy = async (name: string): Promise<boolean> => {
    const line = await openFetch(name === 'eve' ? eve : rig.join(name), rig.clock, ada.peer)
    const { bytes } = await line.read({ segmentId, index: 0, firstLeaf: 0, leaves: 1 })
    line.close()
    return Buffer.from(bytes).equals(Buffer.from((segment.shards[0] ?? new Uint8Array()).subarray(0, LEAF_BYTES)))
  }

  disk.stop()
  for (let at = 0; at < ATTEMPTS; at++) {
    const wire = createWire(await eve.open(ada.peer, protocolOf('shard')), rig.clock)
    await outcome(sendMessage(wire, shardRequests, { is: 'fetch', segmentId, index: 0, ranges: [[0, leaves]] }))
    wire.abort()
  }
  const begun = disk.waiting()
  expect(begun).toBeGreaterThan(0)
  expect(begun).toBeLessThanOrEqual(MAX_INBOUND)

  // While the disk is stuck, somebody else's request is the very next one.
  const read = readBy('reader')
  while (disk.waiting() === begun) await nextTurn()
  disk.goOn()
  expect(await read).toBe(true)
  expect(await readBy('eve')).toBe(true)
})

/** Returns a disk whose reads wait for as long as it is stopped. */
function createStuckDisk() {
  let waiting: (() => void)[] = []
  let isStopped = false
  return {
    of: (store: ShardStore): ShardStore => ({
      ...store,
      async read(...range) {
        if (isStopped) await new Promise<void>((resolve) => waiting.push(resolve))
        return store.read(...range)
      },
    }),
    stop: () => void (isStopped = true),
    waiting: () => waiting.length,
    goOn() {
      isStopped = false
      for (const resolve of waiting) resolve()
      waiting = []
    },
  }
}
