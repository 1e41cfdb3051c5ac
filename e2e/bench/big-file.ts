import { addFile, downloadFromLink, MINUTE, rowOf, shareLink, waitForMeter, waitForPeople, waitForStatus } from '../app.ts'
import type { Scene } from '../scene.ts'
import { rawChannelRate } from './data-channel.ts'
import type { Figure } from './figure.ts'
import { watchMemory, type MemoryGrowth } from './memory.ts'

const MIB = 1024 * 1024
const GROWTH_MIB = 200
/** Bytes sent per byte stored, n/k: 1 GiB stored at 2 of 3 sends 1.5 GiB. */
const SENT_PER_BYTE = 1.5

/** Stores `mebibytes` of random bytes from one browser and fetches them in another: speed beside a bare channel, and memory. */
export async function measureBigFile(scene: Scene, mebibytes: number): Promise<readonly Figure[]> {
  const policy = await scene.policy({ code: [{ holders: 3, k: 2, n: 3 }], guardian: { enabled: false } })
  const swarm = await scene.swarm({ peers: 3, policy })
  const file = await scene.randomFile('big.bin', mebibytes * MIB)

  const [left, right] = [await scene.browser('left', swarm.url), await scene.browser('right', swarm.url)]
  const raw = await rawChannelRate(left.page, right.page, 256)
  await right.close()

  await waitForPeople(left.page, 3)
  const storing = await watchMemory(left.pid)
  const storeBegan = performance.now()
  await addFile(left.page, file)
  await waitForMeter(left.page, file.name, 3, 60 * MINUTE)
  await waitForStatus(rowOf(left.page, file.name), ['Fragile', 'Protected', 'Strong'], 60 * MINUTE)
  const storeRate = (file.size / 1e6 / (performance.now() - storeBegan)) * 1000
  const stored = await storing?.stop()
  const link = await shareLink(left.page, file.name)
  await left.close()

  const reader = await scene.browser('reader', swarm.url)
  await waitForPeople(reader.page, 3)
  const fetching = await watchMemory(reader.pid)
  await reader.page.goto(link)
  const fetchBegan = performance.now()
  const sha256 = await downloadFromLink(reader.page, scene.folder, 60 * MINUTE)
  const fetchRate = (file.size / 1e6 / (performance.now() - fetchBegan)) * 1000
  const fetched = await fetching?.stop()
  if (sha256 !== file.sha256) throw new Error('what was fetched is not what was stored')

  const beside = `bare RTCDataChannel ${raw.toFixed(1)} MB/s`
  return [
    rate('store, wire bytes', storeRate * SENT_PER_BYTE, raw, beside),
    rate('fetch', fetchRate, raw, beside),
    ...growth('store, browser memory above its start', stored),
    ...growth('fetch, browser memory above its start', fetched),
  ]
}

function rate(figure: string, value: number, raw: number, reference: string): Figure {
  return { figure, value, unit: 'MB/s', reference, ratio: value / raw, goal: 'measured', met: true }
}

function growth(figure: string, grown: MemoryGrowth | undefined): readonly Figure[] {
  if (grown === undefined) return []
  const { total, parts } = grown
  return [{ figure, value: total, unit: 'MiB', reference: parts, ratio: null, goal: `at most ${GROWTH_MIB} MiB`, met: total <= GROWTH_MIB }]
}
