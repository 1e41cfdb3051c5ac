import { afterEach, expect, test } from 'vitest'
import { bytesOf, dropped, readByLink, row, type RiggedPeer } from '../../sim/world.ts'
import { createTown, quickPolicy, type Town } from './guardians.rig.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
/** A charter that was dated wrong, or not renewed, would be over within the test. */
const lease = { termMs: 6 * MINUTE, renewAfterMs: MINUTE, graceMs: MINUTE }
let town: Town

afterEach(() => town.living().forEach(({ peer }) => void peer.close()))

/** Returns the names of the pieces that somebody keeps. */
const piecesOf = async ({ peer }: RiggedPeer): Promise<readonly string[]> =>
  (await town.world.run(peer.kept())).map(({ segmentId, index }) => `${segmentId} ${index}`)

test.each(['a holder', 'the owner'])(
  '[CLK5, CHA6, PRS3] the clock of %s jumps on by 400 days, back, and by three days into the past: nothing live is dropped, refused or repaired',
  async (whose) => {
    town = createTown({ ...quickPolicy, lease })
    let aheadMs = 0
    const jumping = { clockAheadMs: () => aheadMs }
    const ada = await town.start('ada', whose === 'a holder' ? jumping : {})
    // One more than a file is cut for, so that a piece that is taken for lost would be made anew.
    const holders = [ada, ...(await town.startSome(8, 'holder'))]
    const owner = await town.start('owner', { offerBytes: 0, ...(whose === 'the owner' ? jumping : {}) })
    const store = async (name: string): Promise<string> => {
      const [id = ''] = await town.world.run(owner.peer.storeFiles([dropped(name, bytesOf(name, 100_000))]))
      await town.passUntil(() => row(owner, id).meter?.value === 8 && row(owner, id).canShare === true, MINUTE)
      return id
    }
    const film = await store('film')
    const path = await town.world.run(owner.peer.share(film))
    await town.pass(MINUTE)
    const before = await Promise.all(holders.map(piecesOf))
    for (const [step, days] of [400, 0, -3, 0].entries()) {
      aheadMs = days * DAY
      for (let passed = 0; passed < 3 * MINUTE; passed += 10_000) {
        await town.pass(10_000)
        expect(row(owner, film).explanation?.is).not.toBe('over')
      }
      const after = await Promise.all(holders.map(piecesOf))
      expect(before.flatMap((pieces, at) => pieces.filter((piece) => after[at]?.includes(piece) !== true))).toEqual([])
      expect(row(owner, film).meter?.value).toBe(8)
      // Renewed by the right time, whatever the clock says.
      const ahead = (row(owner, film).keptUntil ?? 0) - town.world.clock.now()
      expect([ahead > 3 * MINUTE, ahead <= lease.termMs + MINUTE]).toEqual([true, true])
      await store(`letter ${step}`)
    }
    expect(town.repaired()).toEqual({ placed: 0, fetchedBytes: 0, sentBytes: 0 })
    expect((await piecesOf(ada)).length).toBeGreaterThan(before[0]?.length ?? 0)
    expect(await readByLink(town.world, path)).toEqual(bytesOf('film', 100_000))
  },
)
