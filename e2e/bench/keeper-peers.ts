// Measures a peer that keeps much and writes the figures to its output as JSON: `keeper-peers.ts GROUPS OWNERS HOLDERS LIVE`. A program of
// its own, run with `--expose-gc`: nothing else is in its memory.
import { measureKeeper } from '../../src/sim/keeper.rig.ts'

const DAY_MS = 86_400_000
const [groups = 0, owners = 0, holders = 0, live = 0] = process.argv.slice(2).map(Number)
const cost = await measureKeeper({ groups, owners, holders, live }, DAY_MS, async () => {
  // Buffers are freed by a thread of the collector.
  for (let turn = 0; turn < 3; turn++) {
    globalThis.gc?.()
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
})
console.log(JSON.stringify(cost))
