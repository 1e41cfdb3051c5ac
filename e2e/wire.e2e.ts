import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { createNodeNetwork } from '../src/adapters/libp2p/node-network.ts'
import type { PeerNetwork } from '../src/adapters/libp2p/peer-network.ts'
import { createTimerClock } from '../src/adapters/clock/timer-clock.ts'
import { createNodeRandom } from '../src/adapters/node/node-random.ts'
import { hex, type Bytes } from '../src/core/bytes.ts'
import { checkClaim } from '../src/core/claim.ts'
import { brandPeerId } from '../src/core/ids.ts'
import type { OwnedSegment, RiggedHolder } from '../src/sim/holder.rig.ts'
import { openFetch } from '../src/protocol/fetch-shard.ts'
import { askWho } from '../src/protocol/group.ts'
import { askToStore } from '../src/protocol/store-shard.ts'
import { createAttacker, say, together, type Attacker } from './attacker.ts'
import { attacksOn, kept, keptCharter, offerOf, rig, term } from './attacks.ts'
import { openScene, type Scene } from './scene.ts'
import { readStatus, startRelay, type OwnHolder } from './swarm.ts'

/** Most memory of the holder that all attacks together may cost. */
const MIB = 1024 * 1024
const MEMORY_BYTES = 64 * MIB
const PATIENCE = { timeout: 45_000, interval: 20 }

const clock = createTimerClock()
const endings: (() => Promise<void>)[] = []
let scene: Scene
let relay: Awaited<ReturnType<typeof startRelay>>
let holder: OwnHolder
/** Keeps in memory what the holder is given, and nothing else: whatever more the holder uses, an attack left there. */
let twin: RiggedHolder
let honest: PeerNetwork
let attacker: Attacker
let stored = 0
let memoryBefore = 0

beforeAll(async () => {
  scene = await openScene()
  relay = await startRelay(scene.folder)
  endings.push(() => relay.stop())
  // Nine tenths of an offer are for stores: three pieces of 4 MiB fit, a fourth does not.
  // A small heap: garbage that is not collected for minutes would look like a leak, and a real leak ends this holder.
  vi.stubEnv('NODE_OPTIONS', '--max-old-space-size=96 --max-semi-space-size=2')
  holder = await scene.holder(relay.networkFile, join(scene.folder, 'holder'), ['--offer', '18MiB'])
  vi.unstubAllEnvs()
  const peerKey = createNodeRandom().bytes(32)
  honest = await createNodeNetwork({ peerKey, relays: [relay.address], iceServers: [], networkName: '', clock })
  endings.push(() => honest.control.close())
  attacker = await createAttacker(relay.address, holder.peerId)
  endings.push(() => attacker.close())
  await rig.clock.advance(Date.now() - rig.clock.now())
  twin = await rig.holder('twin', { allowance: 'whole-offer' })
  await keep(kept, keptCharter)
  await talk()
  await say(attacker, 'hello', new Uint8Array(100))
  memoryBefore = await memoryOf(holder)
})
afterAll(async () => {
  await Promise.all(endings.map((end) => end()))
  await scene.close()
})

test.each(attacksOn(rig.join('anybody').self).map(([name, outcome], at) => [name, outcome, at] as const))(
  '%s: %s',
  async (_name, outcome, at) => {
    const [, , run] = attacksOn(brandPeerId(holder.peerId))[at] ?? []
    if (run === undefined) throw new Error('the attacks differ from holder to holder')
    const before = await settledTraces()
    expect(await run(attacker)).toBe(outcome)
    // The reset of a stream reaches the holder a moment later, and only then does it give back what was reserved.
    await expect.poll(traces, PATIENCE).toEqual(before)
    await talk()
    expect((await memoryOf(holder)) - memoryBefore).toBeLessThan(MEMORY_BYTES)
  },
)

test('a peer that asks for more than a newcomer may have is refused, and is booked with nothing that it never sent', async () => {
  const policy = join(scene.folder, 'strict.json')
  await writeFile(policy, JSON.stringify({ ledger: { newcomerBytes: 5 * MIB, newcomersShare: 0.001 } }))
  const options = ['--offer', '1GiB', '--policy', policy]
  const strict = await scene.holder(relay.networkFile, join(scene.folder, 'strict'), options)
  const greedy = await createAttacker(relay.address, strict.peerId)
  try {
    for (let round = 0; round < 3; round++) {
      expect(await together(greedy, [offerOf(4 * MIB, brandPeerId(strict.peerId)), offerOf(4 * MIB, brandPeerId(strict.peerId))])).toBe(
        'answered, refused QUOTA',
      )
      await expect.poll(async () => (await readStatus(strict)).used, PATIENCE).toBe(0)
    }
  } finally {
    await greedy.close()
  }
})

/** Stores and fetches a piece as any peer would. */
async function talk(): Promise<void> {
  stored++
  const segment = rig.own(`honest ${stored}`, { sealedLength: 4112, n: 3 })
  await keep(segment, segment.charter(term))
  const turn = await openFetch(honest.network, clock, brandPeerId(holder.peerId))
  const { bytes } = await turn.read({ segmentId: segment.segmentId, index: 0, firstLeaf: 0, leaves: 1 })
  turn.close()
  expect(hex(bytes)).toBe(hex(segment.shards[0] ?? new Uint8Array()))
}

async function keep(segment: OwnedSegment, paper: Bytes): Promise<void> {
  const offer = { ...segment.offer(brandPeerId(holder.peerId), 0), charter: paper }
  const turn = await askToStore(honest.network, clock, brandPeerId(holder.peerId), offer)
  if (turn.is === 'wanted') await turn.send(segment.shards[0] ?? new Uint8Array())
  const receipt = turn.is === 'wanted' ? await turn.finish() : turn.claim
  expect(checkClaim(receipt, Date.now()).holder).toBe(holder.peerId)
  const copy = await askToStore(rig.join('owner'), rig.clock, twin.peer, { ...segment.offer(twin.peer, 0), charter: paper })
  if (copy.is !== 'wanted') throw new Error(copy.is)
  await copy.send(segment.shards[0] ?? new Uint8Array())
  await copy.finish()
}

/** Returns everything in the holder that an attack could change. */
async function traces() {
  const { used, kept: pieces } = await readStatus(holder)
  const unaccounted = used - twin.host.used()
  const { paper, claims } = await askWho(honest.network, clock, brandPeerId(holder.peerId), kept.groupId)
  return { unaccounted, pieces, paper, claims }
}

/** Returns the traces once the status page, which lags a little, counts only what is kept. */
async function settledTraces(): ReturnType<typeof traces> {
  return vi.waitFor(async () => {
    const found = await traces()
    expect(found.unaccounted).toBe(0)
    return found
  }, PATIENCE)
}

/** Returns the bytes of memory that the process of `of` has now. */
async function memoryOf(of: OwnHolder): Promise<number> {
  const text = await readFile(`/proc/${of.pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(text)?.[1]) * 1024
}
