import { afterEach, expect, test } from 'vitest'
import { defaultPolicy } from '../../core/policy.ts'
import { partsAtHand } from '../../sim/late-parts.ts'
import { bytesOf, collect, createWorld, dropped, startHolders, type RiggedPeer, type World } from '../../sim/world.ts'
import { quick } from './publishing.rig.ts'

/** A day of a lease takes two seconds here, and whoever is away for a week is lost. */
const DAY = 2_000
const HOLDERS = 10
const { lease, trash } = defaultPolicy
const days = (ms: number): number => Math.round((ms / 86_400_000) * DAY)
const policy = {
  ...quick,
  lease: { termMs: days(lease.termMs), renewAfterMs: days(lease.renewAfterMs), graceMs: days(lease.graceMs) },
  trash: { holderMs: days(trash.holderMs), ownerMs: days(trash.ownerMs) },
}

let world: World
let people: RiggedPeer[] = []

afterEach(() => people.forEach(({ peer }) => void peer.close()))

/** Starts people and an owner, who stores a letter in a folder, gives its list to them, and is gone. Returns its words and what is left of it. */
async function storeAndLeave(seed: string) {
  world = createWorld({ seed, policy })
  people = [...(await startHolders(world, HOLDERS))]
  const owner = await world.start('owner', { offerBytes: 0, late: partsAtHand })
  await world.run(owner.peer.storeFiles([{ ...dropped('letter', bytesOf('letter', 5_000)), path: 'for later' }]))
  await world.until(() => owner.peer.snapshot().files.every(({ canShare }) => canShare))
  await world.until(() => owner.peer.snapshot().list.people > 0 && !owner.peer.snapshot().list.isBehind)
  const words = await world.run(owner.peer.recoveryWords())
  world.kill(owner)
  return { words, disk: owner.files }
}

/** Lets `count` days pass. Once a month the person who is there longest is gone for good, and another one comes. */
async function pass(count: number): Promise<void> {
  for (let day = 0; day < count; day += 30) {
    const [oldest] = people
    if (oldest !== undefined) world.kill(oldest)
    people = people.slice(1)
    people.push(...(await startHolders(world, 1, () => undefined, `of day ${day}`)))
    await world.advance(Math.min(30, count - day) * DAY)
  }
}

test('[VLT28] [CHA6] after eleven months, in which everybody who was there has gone, words bring back the list and the letter', async () => {
  const { words } = await storeAndLeave('eleven months')
  await pass(335)
  const heir = await world.start('heir', { offerBytes: 0, late: partsAtHand })
  people.push(heir)
  await world.run(heir.peer.restore(words))
  await world.until(() => heir.peer.snapshot().restore?.is === 'done')
  const [letter] = heir.peer.snapshot().files
  expect([letter?.name, letter?.folder]).toEqual(['letter', 'for later'])
  expect(await readOn(heir, letter?.id ?? '')).toEqual(bytesOf('letter', 5_000))
  // From now on it is asked for anew.
  const until = (): number => heir.peer.snapshot().files[0]?.keptUntil ?? 0
  await world.until(() => until() > world.clock.now() + 300 * DAY)
}, 600_000)

test('[CHA6] beyond term and grace nobody has the list, which is looked for and never opened empty, and the owner is told what is over', async () => {
  const { words, disk } = await storeAndLeave('fourteen months')
  await world.advance(430 * DAY)
  const heir = await world.start('heir', { offerBytes: 0, late: partsAtHand })
  people.push(heir)
  await world.run(heir.peer.restore(words))
  await world.advance(30 * DAY)
  expect(heir.peer.snapshot().restore).toMatchObject({ is: 'looking' })
  expect(heir.peer.snapshot().words.isMade).toBe(false)
  const owner = await world.start('owner', { files: disk, offerBytes: 0, late: partsAtHand })
  people.push(owner)
  await world.until(() => owner.peer.snapshot().files[0]?.explanation.is === 'over')
}, 600_000)

function readOn({ peer }: RiggedPeer, id: string): Promise<Uint8Array> {
  return world.run(peer.openFile(id).then((file) => collect(file)))
}
