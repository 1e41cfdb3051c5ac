import { describe, expect, it } from 'vitest'
import { defaultPolicy } from '../../core/policy.ts'
import { createTown, type Town } from '../repairing/guardians.rig.ts'
import { bytesOf, dropped, keptBytes, readByLink, row, type RiggedPeer } from '../../sim/world.ts'

const HOUR_MS = 3_600_000
/** Guardians that do not work: what is missing is missing because of the handover. */
const policy = { ...defaultPolicy, guardian: { ...defaultPolicy.guardian, enabled: false, bytesPerSecond: 1024 * 1024 } }

const handover = ({ peer }: RiggedPeer) => peer.snapshot().give.handover
const pieces = ({ peer }: RiggedPeer): number => peer.snapshot().give.pieces
const isOver = (giver: RiggedPeer) => () => handover(giver)?.is === 'over'

/** Nine people keep `files` files of an owner who goes; the first of them has a piece of each. */
async function keepers(files: number, bytes = 40_000, people = 9) {
  const town = createTown(policy)
  const holders = await town.startSome(people, 'holder')
  const owner = await town.start('owner', { offerBytes: 0 })
  const contents: Uint8Array[] = []
  const ids: string[] = []
  for (let at = 0; at < files; at++) {
    const content = bytesOf(`file ${at}`, bytes)
    contents.push(content)
    const [id = ''] = await town.world.run(owner.peer.storeFiles([dropped(`file ${at}`, content)]))
    ids.push(id)
  }
  await town.world.until(() =>
    ids.every((id) => row(owner, id).canShare === true && row(owner, id).meter?.value === row(owner, id).meter?.max),
  )
  const paths: string[] = []
  for (const id of ids) paths.push(await town.world.run(owner.peer.share(id)))
  await town.pass(5_000)
  const giver = holders.toSorted((a, b) => pieces(b) - pieces(a))[0]
  if (giver === undefined) throw new Error('a giver')
  return { town, holders, owner, giver, paths, contents, ids }
}

/** Lets time pass until the handover is over, and throws when a segment is known less than before at any moment. */
async function untilOver(town: Town, giver: RiggedPeer, withinMs = HOUR_MS): Promise<void> {
  const before = await town.known()
  const end = town.world.clock.now() + withinMs
  while (!isOver(giver)()) {
    if (town.world.clock.now() > end) throw new Error(`not over within ${withinMs} ms: ${JSON.stringify(handover(giver))}`)
    await town.pass(200)
    const now = await town.known()
    expect(now.map((known, at) => Math.max(known, before[at] ?? 0))).toEqual(now)
  }
}

describe('a person who stops giving', () => {
  it('[REP10] hands every piece over as it is: known of no segment falls, and the owner who was away reads its file', async () => {
    const { town, holders, owner, giver, paths, contents } = await keepers(3)
    town.kill(owner)
    const [kept, all, moved] = [await keptBytes(town.world, [giver]), await keptBytes(town.world, holders), town.givenBytes()]
    const count = pieces(giver)
    expect(count).toBeGreaterThan(2)
    await town.world.run(giver.peer.handOver('go'))
    await town.pass(200)
    expect(giver.peer.snapshot().give.isOn).toBe(false)
    await untilOver(town, giver)
    expect(handover(giver)).toMatchObject({ is: 'over', pieces: count, left: 0 })
    expect([pieces(giver), giver.peer.snapshot().give.isOn]).toEqual([0, false])
    expect(await keptBytes(town.world, holders)).toBe(all)
    // Descriptor, charter and claims of a file of 40,000 bytes are some kilobytes beside it.
    expect(town.givenBytes() - moved).toBeLessThan(kept + count * 4_096)
    town.kill(giver)
    for (const [at, path] of paths.entries()) expect(await readByLink(town.world, path, `reader ${at}`)).toEqual(contents[at])
    const back = await town.start('owner', { files: owner.files, offerBytes: 0 })
    const [file] = back.peer.snapshot().files
    const opened = await town.world.run(back.peer.openFile(file?.id ?? ''))
    expect(opened.size).toBe(40_000)
  })

  it('[REP10] goes on after a restart in the middle, with a piece under way: it is moved once', async () => {
    const { town, holders, owner, giver } = await keepers(3, 2_000_000)
    town.kill(owner)
    const [kept, all, moved] = [await keptBytes(town.world, [giver]), await keptBytes(town.world, holders), town.givenBytes()]
    const count = pieces(giver)
    const before = await town.known()
    await town.world.run(giver.peer.handOver('go'))
    await town.world.until(() => pieces(giver) < count)
    town.kill(giver)
    const again = await town.start(giver.name, { files: giver.files })
    expect(again.peer.snapshot().give.isOn).toBe(false)
    await town.world.until(() => handover(again) !== undefined)
    expect(handover(again)?.is).toBe('under way')
    await town.passUntil(isOver(again), HOUR_MS)
    expect(await town.known()).toEqual(before)
    expect(handover(again)).toMatchObject({ pieces: count, left: 0 })
    const others = holders.filter((each) => each !== giver)
    expect(await keptBytes(town.world, [...others, again])).toBe(all)
    expect(town.givenBytes() - moved).toBeLessThan(1.1 * kept)
  })

  it('[REP10] to people who take nothing loses nothing: it is said, asked again from time to time, and may be kept', async () => {
    const { town, owner, giver, holders } = await keepers(3)
    town.kill(owner)
    for (const other of holders) {
      if (other !== giver) await town.world.run(other.peer.setOffer({ isOn: true, offerBytes: 1_000 }))
    }
    const [count, before, moved] = [pieces(giver), await town.known(), town.givenBytes()]
    await town.world.run(giver.peer.handOver('go'))
    await town.passUntil(() => (handover(giver)?.nobody ?? 0) > 0, HOUR_MS)
    expect(handover(giver)).toMatchObject({ is: 'under way', left: count, nobody: count })
    const asked = town.givenBytes() - moved
    expect(asked).toBeGreaterThan(1_000)
    await town.pass(1_000_000)
    // Each person says FULL once an hour, however many pieces there are; the rest are checks.
    expect(town.givenBytes() - moved).toBeLessThan(asked + 1_000)
    expect([pieces(giver), await town.known()]).toEqual([count, before])
    await town.world.run(giver.peer.handOver('end'))
    await town.pass(200)
    expect([handover(giver), giver.peer.snapshot().give.isOn, pieces(giver)]).toEqual([undefined, false, count])
  })

  it('[REP10] pauses, keeps the pause over a restart, and keeps on giving with what is left when the person wishes', async () => {
    const { town, owner, giver } = await keepers(3, 2_000_000)
    town.kill(owner)
    const [count, before] = [pieces(giver), await town.known()]
    await town.world.run(giver.peer.handOver('go'))
    await town.world.until(() => pieces(giver) < count)
    await town.world.run(giver.peer.handOver('pause'))
    await town.pass(5_000)
    const left = pieces(giver)
    expect(handover(giver)?.is).toBe('paused')
    town.kill(giver)
    const again = await town.start(giver.name, { files: giver.files })
    await town.pass(100_000)
    expect([handover(again)?.is, pieces(again)]).toEqual(['paused', left])
    await town.world.run(again.peer.setOffer({ isOn: true, offerBytes: 1_000_000_000 }))
    await town.pass(1_000)
    expect([handover(again), again.peer.snapshot().give.isOn, pieces(again)]).toEqual([undefined, true, left])
    expect(await town.known()).toEqual(before)
    town.kill(again)
    const later = await town.start(giver.name, { files: giver.files })
    await town.pass(10_000)
    expect([handover(later), later.peer.snapshot().give.isOn, pieces(later)]).toEqual([undefined, true, left])
  })

  it('[REP10] gives a piece to somebody else when its new holder dies in the middle of it', async () => {
    const { town, owner, giver, holders } = await keepers(1, 8_000_000, 11)
    town.kill(owner)
    expect(pieces(giver)).toBeGreaterThan(0)
    town.world.lines.set(giver.peerId, { up: 1_000_000, down: 1_000_000, delayMs: 5 })
    await town.world.run(giver.peer.handOver('go'))
    const used = new Map(holders.map((each) => [each, each.peer.snapshot().give.usedBytes]))
    const taking = () => holders.find((each) => each !== giver && each.peer.snapshot().give.usedBytes > (used.get(each) ?? 0))
    await town.world.until(() => taking() !== undefined)
    const dead = taking()
    if (dead === undefined) throw new Error('somebody who takes it')
    expect(pieces(giver)).toBeGreaterThan(0)
    town.kill(dead)
    const before = await town.known()
    await town.passUntil(isOver(giver), HOUR_MS)
    expect(await town.known()).toEqual(before)
  })
})
