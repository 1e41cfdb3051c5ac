import { afterEach, beforeEach, expect, test } from 'vitest'
import { addFile, downloadFromLink, MINUTE, readMeter, rowOf, shareLink, waitForMeter, waitForPeople, waitForStatus } from './app.ts'
import { openScene, type Scene } from './scene.ts'
import { killProcess, readStatus, type HolderLine } from './swarm.ts'

const MIB = 1024 * 1024
let scene: Scene

beforeEach(async () => {
  scene = await openScene()
})
afterEach(() => scene.close())

test(
  'a file outlives its owner and all holders but k; with one fewer it waits until one comes back',
  async () => {
    const policy = await scene.policy({ guardian: { enabled: false } })
    const swarm = await scene.swarm({ peers: 12, policy })
    const file = await scene.randomFile('holiday film.bin', 24 * MIB)

    const owner = await scene.browser('owner', `${swarm.url}/files/`)
    await waitForPeople(owner.page, 12)
    await addFile(owner.page, file)
    await waitForMeter(owner.page, file.name, 8)
    await waitForStatus(rowOf(owner.page, file.name), ['Fragile'])
    expect(await readMeter(owner.page, file.name)).toEqual({ value: 8, max: 8 })
    const link = await shareLink(owner.page, file.name)
    await owner.kill()

    const { keepers, fullest } = await keepersOfWorstCase(swarm.holders)
    expect(keepers).toHaveLength(8)
    const [victims, last] = [keepers.slice(0, 6), keepers[6]]
    for (const victim of victims) await killProcess(victim.pid)

    const reader = await scene.browser('reader', link)
    expect(await downloadFromLink(reader.page, scene.folder)).toBe(file.sha256)
    await reader.close()

    if (last === undefined || victims[0] === undefined) throw new Error(`no seventh keeper of ${fullest}`)
    await killProcess(last.pid)
    const patient = await scene.browser('patient', link)
    const downloading = downloadFromLink(patient.page, scene.folder, 6 * MINUTE)
    await waitForStatus(patient.page, ['Waiting for people'])
    await scene.holder(swarm.networkFile, victims[0].dataFolder)
    expect(await downloading).toBe(file.sha256)
  },
  20 * MINUTE,
)

test(
  'no holder keeps two pieces of one segment, and a second start serves what the first one kept',
  async () => {
    const first = await scene.swarm({ peers: 8 })
    const file = await scene.randomFile('letter.bin', 3 * MIB)
    const owner = await scene.browser('owner', `${first.url}/files/`)
    await waitForPeople(owner.page, 8)
    await addFile(owner.page, file)
    await waitForMeter(owner.page, file.name, 6)
    await waitForStatus(rowOf(owner.page, file.name), ['Fragile', 'Protected', 'Strong'])
    const link = await shareLink(owner.page, file.name)

    for (const holder of first.holders) {
      const segments = (await readStatus(holder)).kept.map((row) => row.segmentId)
      expect([holder.name, new Set(segments).size]).toEqual([holder.name, segments.length])
    }
    await owner.close()
    await first.stop()

    const second = await scene.swarm({ peers: 8, dataFolder: first.dataFolder, port: Number(new URL(first.url).port) })
    expect(second.holders.map(({ peerId }) => peerId).sort()).toEqual(first.holders.map(({ peerId }) => peerId).sort())
    const reader = await scene.browser('reader', link)
    expect(await downloadFromLink(reader.page, scene.folder)).toBe(file.sha256)
  },
  15 * MINUTE,
)

/** Returns the holders that keep a piece of the largest segment there is: a content segment of the file. */
async function keepersOfWorstCase(holders: readonly HolderLine[]): Promise<{ keepers: readonly HolderLine[]; fullest: string }> {
  const kept = await Promise.all(holders.map(async (holder) => ({ holder, rows: (await readStatus(holder)).kept })))
  const largest = kept.flatMap(({ rows }) => rows).reduce((most, row) => (row.bytes > most.bytes ? row : most))
  const keepers = kept.filter(({ rows }) => rows.some((row) => row.segmentId === largest.segmentId)).map(({ holder }) => holder)
  return { keepers, fullest: largest.segmentId }
}
