import { afterEach, beforeEach, expect, test } from 'vitest'
import { practiceFastPolicy } from '../src/core/policy.ts'
import { addFile, downloadFromLink, MINUTE, readMeter, rowOf, shareLink, until, waitForMeter, waitForPeople, waitForStatus } from './app.ts'
import { healingPolicy, lookAround, watchUntil } from './healing.ts'
import { openScene, type Scene } from './scene.ts'
import type { OwnHolder } from './swarm.ts'

const MIB = 1024 * 1024
const [FIRST, LATER] = [3, 17]
/** 3 of 15, and as much again for padding, manifests and links. */
const BYTES_OF_NEW_CODE = 5 * 1.2

/**
 * Twenty people speak with twelve neighbours each, and every conversation takes some 10 ms of both sides: once in two seconds, as in
 * `practice-fast`, that fills two cores and a half.
 */
const calmPresence = { ...practiceFastPolicy.presence, beaconMs: 8_000, lostAfterMs: 24_000 }

let scene: Scene
beforeEach(async () => {
  scene = await openScene()
})
afterEach(() => scene.close())

test(
  '[RCD1] [RCD4] [RCD5] three people keep a file and seventeen more come: it is 3 of 15 under the same link, though its page was ended meanwhile',
  async () => {
    const policy = await scene.policy({ ...healingPolicy, presence: calmPresence, trash: practiceFastPolicy.trash })
    const { networkFile, url } = await scene.swarm({ peers: 0, policy })
    const living: OwnHolder[] = []
    const arrive = async (): Promise<void> => {
      living.push(await scene.holder(networkFile, `${scene.folder}/holder-${living.length}`))
    }
    for (let at = 0; at < FIRST; at++) await arrive()
    let owner = await scene.browser('owner', `${url}/files/`)
    await waitForPeople(owner.page, FIRST)
    const file = await scene.randomFile('thesis.bin', 20 * MIB)
    await addFile(owner.page, file)
    await waitForMeter(owner.page, file.name, FIRST)
    await waitForStatus(rowOf(owner.page, file.name), ['Fragile'])
    const link = await shareLink(owner.page, file.name)
    for (let at = 0; at < LATER; at++) await arrive()
    await rowOf(owner.page, file.name)
      .getByText(/Being spread wider/)
      .waitFor({ timeout: 5 * MINUTE })
    const reader = await scene.browser('reader', link)
    expect(await downloadFromLink(reader.page, scene.folder)).toBe(file.sha256)
    await owner.kill()
    owner = await scene.browser('owner', `${url}/files/`)
    await until(async () => (await readMeter(owner.page, file.name)).max === 15)
    await waitForMeter(owner.page, file.name, 15)
    await waitForStatus(rowOf(owner.page, file.name), ['Protected'])
    await watchUntil(
      () => lookAround({ living }),
      ({ keptBytes }) => keptBytes < BYTES_OF_NEW_CODE * file.size,
      5 * MINUTE,
    )
    const later = await scene.browser('later reader', link)
    expect(await downloadFromLink(later.page, scene.folder)).toBe(file.sha256)
  },
  25 * MINUTE,
)
