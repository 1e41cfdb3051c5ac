import { expect, test } from 'vitest'
import { outcome } from '../../../sim/holder.rig.ts'
import { repairRig } from './repair.rig.ts'

const DAY_SECONDS = 86_400

test('[ADM9] while repairs wait for more than a day a store is told so, and a repair and what is kept already are taken as ever', async () => {
  let waiting = 0
  const { rig, owner, ada, bring } = await repairRig({ waitingBytes: () => waiting, resendRate: () => 100_000 })
  const [letter, other] = [rig.own('letter'), rig.own('other')]
  waiting = 100_000 * DAY_SECONDS
  expect(await outcome(rig.place(owner, ada.peer, letter, 0))).toBe('done')
  waiting++
  expect(await outcome(rig.place(owner, ada.peer, other, 0))).toBe('BUSY-REPAIRING')
  expect(await outcome(rig.place(owner, ada.peer, letter, 0))).toBe('done')
  expect(await outcome(bring(4))).toBe('done')
  expect(ada.host.facts().pieces).toBe(2)
  waiting--
  expect(await outcome(rig.place(owner, ada.peer, other, 0))).toBe('done')
})
