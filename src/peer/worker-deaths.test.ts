import { expect, test } from 'vitest'
import { equalBytes } from '../core/bytes.ts'
import { HoardError } from '../core/errors.ts'
import type { Coder } from '../ports/coder.ts'
import { bytesOf, collect, createWorld, dropped, row, type RiggedPeer, fragmentOf } from '../sim/world.ts'

const SIZE = 40 * 262_128 + 1234

test('a file goes out and comes back whole though workers die under every kind of work, and no holder is blamed', async () => {
  const world = createWorld()
  const deaths: string[] = []
  const coder = (healthy: Coder) => mortal(healthy, deaths)
  const holders: RiggedPeer[] = []
  for (let at = 0; at < 8; at++) holders.push(await world.start(`holder ${at}`, { coder }))
  const owner = await world.start('owner', { offerBytes: 0, coder })
  const content = bytesOf('film', SIZE)
  const [id = ''] = await world.run(owner.peer.storeFiles([dropped('film', content)]))
  await world.until(() => row(owner, id).canShare === true && row(owner, id).meter?.value === 8)
  const link = await world.run(owner.peer.share(id))
  // Without the first two pieces of each segment its data slices are gone: every read must decode.
  const keepers = await world.run(owner.peer.keepers(id))
  const gone = new Set(keepers.flatMap(({ piece, peer }) => (piece < 2 ? [peer] : [])))
  world.kill(owner)
  for (const holder of holders) if (gone.has(holder.peerId)) world.kill(holder)
  const reader = await world.start('reader', { offerBytes: 0, coder })
  const file = await world.run(reader.peer.openLink(fragmentOf(link)).file())
  expect(equalBytes(await world.run(collect(file)), content)).toBe(true)
  expect(new Set(deaths)).toEqual(new Set(['seal', 'open', 'encode', 'digestStripe', 'decode', 'digestLeaves']))
  for (const { peer } of [owner, reader]) expect(peer.snapshot().people.every(({ lies }) => lies === 0)).toBe(true)
})

/** A coder whose worker dies at the second call of each kind, and the bytes handed to it with it. */
function mortal(coder: Coder, deaths: string[]): Coder {
  const calls = new Map<string, number>()
  const lives = (method: string, ...given: readonly Uint8Array[]): void => {
    const call = (calls.get(method) ?? 0) + 1
    calls.set(method, call)
    if (call !== 2) return
    deaths.push(method)
    for (const bytes of given) bytes.fill(0)
    throw new HoardError('worker-died')
  }
  return {
    lanes: coder.lanes,
    release: (bytes) => coder.release(bytes),
    spare: (length) => coder.spare(length),
    async seal(job, plaintext) {
      lives('seal', plaintext)
      return coder.seal(job, plaintext)
    },
    async open(job, sealed) {
      lives('open', sealed)
      return coder.open(job, sealed)
    },
    async encode(shape, stripe, rows) {
      lives('encode', stripe)
      return coder.encode(shape, stripe, rows)
    },
    async digestStripe(shape, stripe) {
      lives('digestStripe', stripe)
      return coder.digestStripe(shape, stripe)
    },
    async decode(shape, slices, stripeBytes) {
      lives('decode', ...slices.map(({ bytes }) => bytes))
      return coder.decode(shape, slices, stripeBytes)
    },
    async digestLeaves(bytes) {
      lives('digestLeaves', bytes)
      return coder.digestLeaves(bytes)
    },
  }
}
