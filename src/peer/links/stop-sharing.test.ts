import { expect, test } from 'vitest'
import { createMemoryFiles } from '../../adapters/memory/memory-files.ts'
import { counted, NAME, PEOPLE, policy, SHORT } from '../storing/one-content.rig.ts'
import { createWorld, dropped, readByLink, row, startHolders, type RiggedPeer } from '../../sim/world.ts'

test.each([
  ['sharing is stopped', (owner: RiggedPeer, id: string) => owner.peer.stopSharing(id)],
  ['the file is deleted', (owner: RiggedPeer, id: string) => owner.peer.remove(id)],
] as const)('[TMB5] killed between any two commits while %s, a link is either still there or ended for everybody', async (_name, end) => {
  for (let last = 0, isEnded = false; !isEnded; last++) {
    const world = createWorld({ policy })
    await startHolders(world, PEOPLE)
    const files = createMemoryFiles()
    const dying: { owner?: RiggedPeer; commitsLeft: number } = { commitsLeft: Infinity }
    let isDead = false
    const { catalog } = counted(() => {
      if (dying.commitsLeft-- > 0) return undefined
      isDead = true
      if (dying.owner !== undefined) world.kill(dying.owner)
      return new Promise(() => undefined)
    })
    const owner = await world.start('owner', { files, offerBytes: 0, catalog })
    dying.owner = owner
    const [id = ''] = await world.run(owner.peer.storeFiles([dropped(NAME, SHORT)]))
    await world.until(() => row(owner, id).canShare === true && row(owner, id).meter?.value === PEOPLE)
    const link = await world.run(owner.peer.share(id))
    dying.commitsLeft = last
    end(owner, id).then(
      () => (isEnded = true),
      () => undefined,
    )
    await world.until(() => isDead || isEnded)
    if (!isDead) world.kill(owner)
    const again = await world.start('owner', { files, offerBytes: 0 })
    await world.until(() => again.peer.snapshot().connection.people === PEOPLE)
    const isThere = row(again, id).linkPath !== undefined
    // The first commit is the end of the link.
    expect([last, isThere]).toEqual([last, last === 0])
    const toldAt = world.clock.now()
    await world.until(() => world.clock.now() > toldAt + 5_000)
    const read = readByLink(world, link).then(
      ({ length }) => length,
      (error: unknown) => error,
    )
    if (isThere) expect([last, await read]).toEqual([last, SHORT.length])
    else expect(await read).toMatchObject({ code: 'link-expired' })
  }
})
