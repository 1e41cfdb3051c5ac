import { afterEach, expect, test } from 'vitest'
import { fromHex, type Bytes } from '../../core/bytes.ts'
import { repairDraw } from '../../core/healing/new-pieces.ts'
import { brandBytes, type GroupId } from '../../core/ids.ts'
import type { Network } from '../../ports/network.ts'
import { protocolOf } from '../../protocol/conversation.ts'
import { refused } from '../../protocol/refusal.ts'
import { handleShard } from '../../protocol/shard.ts'
import type { ShardHost } from '../../protocol/shard-messages.ts'
import type { RiggedPeer } from '../../sim/world.ts'
import { createTown, quickPolicy, type Town } from './guardians.rig.ts'

const MINUTE = 60_000
const { lostAfterMs } = quickPolicy.presence
let town: Town

afterEach(() => town.living().forEach(({ peer }) => void peer.close()))

type Answer = NonNullable<ShardHost['admitRepair']>

/** Starts people who lend room; the first of them whom guardians ask answers REPAIR by `answer` and knows no piece. Returns how often it was asked. */
async function startSome(count: number, holder: RiggedPeer, answer: Answer) {
  const asked = { times: 0 }
  const liars = new Set<string>()
  const no = async (): Promise<never> => Promise.reject(refused('UNKNOWN'))
  const host: ShardHost = {
    ...{ describe: no, has: async () => [], read: no, admit: no },
    admitRepair(...request) {
      asked.times++
      return answer(...request)
    },
  }
  const people: RiggedPeer[] = []
  for (let at = 0; at < count; at++) {
    const name = `fresh ${at}`
    const network = (own: Network): Network => ({
      ...own,
      handle(protocol, handler, options) {
        if (protocol !== protocolOf('shard')) return own.handle(protocol, handler, options)
        let lie = handler
        handleShard({ ...own, handle: (_protocol, lying) => void (lie = lying) }, town.world.clock, host)
        own.handle(protocol, (channel) => (liars.has(name) ? lie : handler)(channel), options)
      },
    })
    people.push(await town.start(name, { network }))
  }
  const [piece] = await town.world.run(holder.peer.kept())
  const groupId = brandBytes<GroupId>(fromHex(piece?.groupId ?? ''))
  const [first] = people.toSorted((a, b) => repairDraw(groupId, b.peerId) - repairDraw(groupId, a.peerId))
  liars.add(first?.name ?? '')
  return asked
}

/** The segment takes longer to come than somebody who wants a piece is kept waiting: one person is asked before it is fetched. */
const slow = { ...quickPolicy, guardian: { ...quickPolicy.guardian, bytesPerSecond: 32 * 1024 } }

test.each<[string, Answer]>([
  ['refuses every index, as if others kept it', async (_guardian, { index }) => Promise.reject(refused('BAD-REQUEST', index))],
  ['says that it has the piece, and shows no claim', async () => ({ is: 'kept', claim: new Uint8Array(100) })],
  [
    'says that it has the piece, and shows the claim of another',
    async (_guardian, { claims }) => ({ is: 'kept', claim: claims[0] as Bytes }),
  ],
])('[RPR9] somebody who %s holds up no repair', async (_lie, answer) => {
  town = createTown(slow)
  const { holders } = await town.orphan(8, 1_000_000)
  const asked = await startSome(5, holders[7] as RiggedPeer, answer)
  for (const holder of holders.slice(0, 3)) town.kill(holder)
  await town.passUntil(() => town.isWhole(8), lostAfterMs + 3 * MINUTE)
  expect(asked.times).toBeGreaterThan(0)
})
