import { expect, test } from 'vitest'
import { createDeviceSigner } from '../../adapters/storage/device-signer.ts'
import { HoardError } from '../../core/errors.ts'
import { parsePolicy } from '../../core/policy.ts'
import type { Network } from '../../ports/network.ts'
import { answer } from '../../protocol/conversation.ts'
import { handleHello } from '../../protocol/hello.ts'
import { handlePeers } from '../../protocol/peers.ts'
import { handleShard } from '../../protocol/shard.ts'
import type { Admission } from '../../protocol/shard-messages.ts'
import { bytesOf, createWorld, dropped, row, startHolders, type World } from '../../sim/world.ts'

const PEOPLE = 4
const policy = parsePolicy({ code: [{ holders: 3, k: 2, n: PEOPLE }] })

/** A turn that takes everything. */
const takes = (finish: () => Promise<Uint8Array<ArrayBuffer>>): Admission => ({
  is: 'wanted',
  from: 0,
  length: 1 << 24,
  signal: new AbortController().signal,
  write: async () => undefined,
  finish,
  release: () => undefined,
})

/** Ways in which a holder that claims to have room may fail an offered piece. */
const wrongs: readonly (readonly [string, (world: World, network: Network) => void])[] = [
  ['never finishes one', (world, network) => host(world, network, async () => takes(() => new Promise(() => undefined)))],
  [
    'claims with bytes that are no claim',
    (world, network) => host(world, network, async () => takes(async () => bytesOf('no claim', 300))),
  ],
  [
    'says at once that it is kept, by no claim',
    (world, network) => host(world, network, async () => ({ is: 'kept', claim: bytesOf('x', 9) })),
  ],
  [
    'fails with what only a device fails with',
    (world, network) => host(world, network, () => Promise.reject(new HoardError('storage-damaged'))),
  ],
  ['throws what is no error', (world, network) => host(world, network, () => Promise.reject('nothing' as unknown as Error))],
  [
    'answers rubbish',
    (world, network) =>
      answer(network, world.clock, 'shard', async (wire) => {
        await wire.writeFrame(bytesOf('rubbish', 500))
      }),
  ],
  ['hangs up', (world, network) => answer(network, world.clock, 'shard', async (wire) => wire.abort())],
]

test.each(wrongs)(
  '[STO6] one that offers room and %s costs its own turn: every file is stored with the others',
  async (_name, misbehave) => {
    const world = createWorld({ policy })
    await startHolders(world, PEOPLE)
    const bad = world.swarm.join(createDeviceSigner(bytesOf('bad', 32)).peerId)
    const hello = {
      engine: 'x',
      isPersisted: true,
      isHolder: true,
      offer: 1e12,
      room: 1e12,
      storeEpoch: new Uint8Array(16),
      clock: world.clock.now(),
    }
    handleHello(bad.network, world.clock, { mine: () => hello, onHello: () => undefined })
    handlePeers(bad.network, world.clock, { known: () => [] })
    misbehave(world, bad.network)
    const owner = await world.start('owner', { offerBytes: 0 })
    world.swarm.connect(bad.network.self, owner.peerId)
    await world.until(() => owner.peer.snapshot().connection.people === PEOPLE + 1)
    const files = Array.from({ length: 4 }, (_nothing, at) => dropped(`file ${at}`, bytesOf(`file ${at}`, 1_100_000)))
    const ids = await world.run(owner.peer.storeFiles(files))
    // The last piece is read back before it is written down that the file is stored.
    const isStored = (id: string): boolean =>
      row(owner, id).meter?.value === PEOPLE && row(owner, id).canShare === true && row(owner, id).explanation?.is !== 'placed'
    await world.until(() => ids.every((id) => isStored(id) || row(owner, id).explanation?.is === 'trouble'), 900_000)
    expect(ids.map((id) => [isStored(id), row(owner, id).explanation])).toEqual(
      ids.map(() => [true, { is: 'unsteady', steadiness: 'unknown' }]),
    )
  },
)

function host(world: World, network: Network, admit: () => Promise<Admission>): void {
  const never = async (): Promise<never> => new Promise(() => undefined)
  handleShard(network, world.clock, { describe: never, has: never, read: never, admit })
}
