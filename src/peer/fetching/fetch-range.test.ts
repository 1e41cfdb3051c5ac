import { expect, test } from 'vitest'
import { equalBytes, concatBytes } from '../../core/bytes.ts'
import { createSeededRandom } from '../../adapters/memory/seeded-random.ts'
import { RECORD_SEALED_BYTES } from '../../core/sizes.ts'
import type { Network } from '../../ports/network.ts'
import type { OpenedFile } from '../index.ts'
import { bytesOf, createWorld, dropped, row, startHolders, type RiggedPeer, type World, fragmentOf } from '../../sim/world.ts'

const RECORD = 262_128
const RECORDS = 70
const SIZE = RECORDS * RECORD - 1234

test('a few bytes from the middle of a file that is open cost one slice and nothing else', async () => {
  const { read, received, content } = await storedFile()
  for (const warm of [0, 60 * RECORD]) await read(warm, warm + 1)
  for (const start of [5 * RECORD + 10, 12 * RECORD + RECORD - 1000, 62 * RECORD]) {
    const before = received()
    expect(equalBytes(await read(start, start + 1000), content.subarray(start, start + 1000))).toBe(true)
    expect(received() - before).toBeLessThan(1.01 * RECORD_SEALED_BYTES)
  }
})

test('lines to all who have pieces are open by the time the descriptor is there', async () => {
  const { holders, openedFirst } = await storedFile()
  expect(openedFirst().size).toBe(holders.length)
})

test('any range comes back as it was put in', async () => {
  const { read, content } = await storedFile()
  const random = createSeededRandom('ranges')
  const numberBelow = (bound: number) => new DataView(random.bytes(4).buffer).getUint32(0) % bound
  for (let round = 0; round < 30; round++) {
    const start = numberBelow(SIZE)
    const end = Math.min(SIZE, start + numberBelow(round % 2 === 0 ? 3 * RECORD : 12 * RECORD))
    expect(equalBytes(await read(start, end), content.subarray(start, end))).toBe(true)
  }
  expect(equalBytes(await read(SIZE - 10, SIZE), content.subarray(SIZE - 10))).toBe(true)
})

test('when the holder of just that slice has gone or stalls, others give it, and it is not waited for again', async () => {
  const { world, holders, read, content } = await storedFile()
  await read(0, 1)
  // The holder of the first slice of the stripe of record 20 is one of them.
  for (const holder of holders.slice(0, 4)) world.kill(holder)
  for (const start of [20 * RECORD, 21 * RECORD, 22 * RECORD, 23 * RECORD]) {
    expect(equalBytes(await read(start, start + 500), content.subarray(start, start + 500))).toBe(true)
  }
})

/** A file stored with eight holders, and a reader that has opened its link. */
async function storedFile() {
  const world: World = createWorld()
  const holders: RiggedPeer[] = await startHolders(world, 8)
  const owner = await world.start('owner', { offerBytes: 0 })
  const content = bytesOf('film', SIZE)
  const [id = ''] = await world.run(owner.peer.storeFiles([dropped('film', content)]))
  await world.until(() => row(owner, id).canShare === true && row(owner, id).meter?.value === 8)
  const link = await world.run(owner.peer.share(id))
  world.kill(owner)
  const openedTo = new Set<string>()
  let isAnswered = false
  const network = (own: Network): Network => ({
    ...own,
    async open(peer, protocol, options) {
      if (protocol !== '/scatterhoard/shard/1') return own.open(peer, protocol, options)
      if (!isAnswered) openedTo.add(peer)
      const channel = await own.open(peer, protocol, options)
      return {
        ...channel,
        async read(reading) {
          const bytes = await channel.read(reading)
          isAnswered = true
          return bytes
        },
      }
    },
  })
  const reader = await world.start('reader', { offerBytes: 0, network })
  const file: OpenedFile = await world.run(reader.peer.openLink(fragmentOf(link)).file())
  return {
    world,
    holders,
    content,
    /** The peers to whom lines were opened before the first answer came over any line. */
    openedFirst: () => openedTo,
    received: () => holders.reduce((sum, { peerId }) => sum + world.swarm.bytesSent(peerId, reader.peerId), 0),
    async read(start: number, end: number): Promise<Uint8Array> {
      const parts: Uint8Array[] = []
      const collect = async (): Promise<void> => {
        for await (const part of file.read({ start, end })) parts.push(part.slice())
      }
      await world.run(collect())
      return concatBytes(...parts)
    },
  }
}
