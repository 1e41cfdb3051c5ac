import { afterEach, expect, test } from 'vitest'
import { createCoding } from '../../adapters/coding/create-coding.ts'
import { openMemoryStorage } from '../../adapters/memory/memory-storage.ts'
import { createSeededRandom } from '../../adapters/memory/seeded-random.ts'
import { hex } from '../../core/bytes.ts'
import { groupIdOf } from '../../core/group.ts'
import type { GroupId, GroupSeed } from '../../core/ids.ts'
import { groupKeyOf, groupSeedOf } from '../../core/keys.ts'
import type { Slot } from '../../core/vault/entry-id.ts'
import { groupSaltsOf } from '../../core/vault/fields.ts'
import { encodeLogEntry } from '../../core/vault/log-entry.ts'
import type { Network } from '../../ports/network.ts'
import { getLog, putLog } from '../../protocol/log/ask-log.ts'
import type { RiggedPeer } from '../../sim/world.ts'
import { createOwnerKeyring } from '../vault/owner.ts'
import { openLocalVault } from '../vault/local-vault.ts'
import { createTown, quickPolicy, type Town } from './guardians.rig.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
let town: Town

afterEach(() => town.living().forEach(({ peer }) => void peer.close()))

test('[LOG4] a log that one holder was given reaches the others, and who takes a repaired piece has it too', async () => {
  town = createTown()
  const holders = await town.startSome(8, 'holder')
  const { owner } = await town.store('film', 400_000)
  const { groupId, seed } = await groupOf(owner)
  const slot = 'a'.repeat(16) as Slot
  const random = createSeededRandom('log')
  const entries = Array.from({ length: 12 }, (_, seq) =>
    encodeLogEntry({ slot, seq, r: random.bytes(32), sealed: random.bytes(3000) }, seed),
  )
  let network: Network | undefined
  await town.start('asker', { offerBytes: 0, network: (each) => (network = each) })
  await town.pass(45 * SECOND)
  town.kill(owner)
  const { world } = town
  const [first] = holders
  if (network === undefined || first === undefined) throw new Error('nobody asks')
  const asker = network
  await world.run(putLog(asker, world.clock, first.peerId, groupId, entries))
  const isFilm = (piece: { readonly groupId: string }): boolean => piece.groupId === hex(groupId)
  /** Returns how many entries each has who keeps a piece of the film. */
  const kept = async (): Promise<readonly number[]> => {
    const keepers: RiggedPeer[] = []
    for (const one of town.living()) if ((await world.run(one.peer.kept())).some(isFilm)) keepers.push(one)
    return world.run(
      Promise.all(
        keepers.map(({ peerId }) =>
          getLog(asker, world.clock, peerId, groupId, []).then(
            ({ length }) => length,
            () => -1,
          ),
        ),
      ),
    )
  }
  const isEverywhere = async (): Promise<boolean> => {
    const lengths = await kept()
    return lengths.length >= 8 && lengths.every((length) => length === entries.length)
  }
  await town.passUntil(isEverywhere, 5 * MINUTE)
  const fresh = await town.startSome(6, 'fresh')
  for (const holder of holders.slice(0, 4)) town.kill(holder)
  await town.passUntil(() => town.isWhole(8), quickPolicy.presence.lostAfterMs + 3 * MINUTE)
  await town.passUntil(isEverywhere, 5 * MINUTE)
  const withPieces = await Promise.all(fresh.map(({ peer }) => world.run(peer.kept())))
  expect(withPieces.filter((pieces) => pieces.some(isFilm)).length).toBeGreaterThanOrEqual(4)
})

/** Returns the group of the only file of `owner`, and the seed of its key, as its own disk has them. */
async function groupOf({ files }: RiggedPeer): Promise<{ readonly groupId: GroupId; readonly seed: GroupSeed }> {
  const { catalog, outbox, keys } = await openMemoryStorage({ files, random: createSeededRandom('look') })
  const random = createSeededRandom('vault')
  const keyring = createOwnerKeyring({ catalog, random, storageKey: keys.storageKey })
  const vault = await openLocalVault({ catalog, outbox, random, clock: town.world.clock, coder: createCoding(crypto.subtle) }, keyring)
  const layout = [...vault.entries.values()].find((entry) => entry.layout !== undefined)?.layout?.value
  const known = await keyring.known()
  const [salt] = layout === undefined ? [] : groupSaltsOf(layout)
  if (known === undefined || salt === undefined) throw new Error('the file has no group')
  const seed = groupSeedOf(known.keys.lease, salt)
  return { seed, groupId: groupIdOf(groupKeyOf(seed)) }
}
