import { afterAll, beforeAll, expect, test } from 'vitest'
import { addFile, MINUTE, until, waitForMeter, waitForPeople } from './app.ts'
import { watchMemory } from './bench/memory.ts'
import { openScene, type Scene } from './scene.ts'
import { readStatus } from './swarm.ts'

const MIB = 1024 * 1024
const HOLDERS = 6
const N = 5

let scene: Scene
beforeAll(async () => {
  scene = await openScene()
})
afterAll(() => scene.close())

test('a holder that stops in the middle of a store is replaced, and what it does not take is not heaped up', async () => {
  const policy = await scene.policy({ code: [{ holders: N, k: 2, n: N }], guardian: { enabled: false } })
  const swarm = await scene.swarm({ peers: HOLDERS, policy })
  const owner = await scene.browser('owner', swarm.url)
  await waitForPeople(owner.page, HOLDERS)
  const file = await scene.randomFile('film.bin', 64 * MIB)
  const memory = await watchMemory(owner.pid)
  await addFile(owner.page, file)
  const taking = async () => {
    const received = await Promise.all(swarm.holders.map(async (holder) => ({ holder, bytes: (await readStatus(holder)).receivedBytes })))
    return received.toSorted((a, b) => b.bytes - a.bytes)[0]
  }
  await until(async () => ((await taking())?.bytes ?? 0) > 8 * MIB)
  const stopped = (await taking())?.holder
  if (stopped === undefined) throw new Error('nobody takes anything')
  process.kill(stopped.pid, 'SIGSTOP')
  try {
    await waitForMeter(owner.page, file.name, N, 8 * MINUTE)
    const others = swarm.holders.filter(({ pid }) => pid !== stopped.pid)
    const kept = await Promise.all(others.map(async (holder) => (await readStatus(holder)).used))
    expect(kept.every((bytes) => bytes > 16 * MIB)).toBe(true)
  } finally {
    process.kill(stopped.pid, 'SIGCONT')
  }
  if (memory !== undefined) expect((await memory.stop()).total).toBeLessThan(600)
}, 900_000)
