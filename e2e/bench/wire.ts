import type { Page } from 'playwright'
import { addFile, MINUTE, waitForMeter, waitForPeople } from '../app.ts'
import type { Scene } from '../scene.ts'
import { sumOf, type Swarm } from '../swarm.ts'
import { rawChannelRate } from './data-channel.ts'
import type { Figure } from './figure.ts'

const MIB = 1024 * 1024
const HOLDERS = 8
const K = 4
const ROUNDS = 3
const GOAL = 0.8
const MOST_MIB = 128
/** The rate is taken between these shares of the bytes, which leaves out sealing at the start and the check at the end. */
const [FROM, TO] = [0.1, 0.9]
const LOOK_MS = 50

/** Stores files from one page with eight holders; measures bytes of shards on the wire, in turn with a bare channel from the same page. */
export async function measureWire(scene: Scene, mebibytes: number): Promise<readonly Figure[]> {
  const policy = await scene.policy({ code: [{ holders: HOLDERS, k: K, n: HOLDERS }], guardian: { enabled: false } })
  const swarm = await scene.swarm({ peers: HOLDERS, policy })
  const owner = await scene.browser('owner', swarm.url)
  // A page of the same origin without a peer: it only receives what the bare channel carries.
  const other = await scene.browser('other', `${swarm.url}/network.json`)
  await waitForPeople(owner.page, HOLDERS)
  const fileBytes = Math.min(mebibytes, MOST_MIB) * MIB
  const bare: number[] = []
  const stored: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    bare.push(await rawChannelRate(owner.page, other.page, fileBytes / MIB))
    stored.push(await storeRate(scene, swarm, owner.page, `wire-${round}.bin`, fileBytes))
  }
  bare.push(await rawChannelRate(owner.page, other.page, fileBytes / MIB))
  const [value, raw] = [median(stored), median(bare)]
  return [
    {
      figure: `store with ${HOLDERS} holders, shard bytes on the wire`,
      value,
      unit: 'MB/s',
      reference: `bare RTCDataChannel ${raw.toFixed(1)} MB/s`,
      ratio: value / raw,
      goal: `at least ${GOAL} of it`,
      met: value >= GOAL * raw,
    },
  ]
}

/** Returns MB/s at which the holders received a new file of `bytes`. */
async function storeRate(scene: Scene, swarm: Swarm, page: Page, name: string, bytes: number): Promise<number> {
  const file = await scene.randomFile(name, bytes)
  const total = (bytes * HOLDERS) / K
  const before = (await sumOf(swarm.holders)).received
  await addFile(page, file)
  const [from, to] = [await reached(swarm, before + FROM * total), await reached(swarm, before + TO * total)]
  await waitForMeter(page, name, HOLDERS, 20 * MINUTE)
  return ((to.bytes - from.bytes) / 1e6 / (to.at - from.at)) * 1000
}

async function reached(swarm: Swarm, least: number): Promise<{ readonly bytes: number; readonly at: number }> {
  for (;;) {
    const bytes = (await sumOf(swarm.holders)).received
    if (bytes >= least) return { bytes, at: performance.now() }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}
