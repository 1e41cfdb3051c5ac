import { expect, test } from 'vitest'
import { createSeededRandom } from '../../../adapters/memory/seeded-random.ts'
import { equalBytes } from '../../../core/bytes.ts'
import { brandBytes, type GroupSeed } from '../../../core/ids.ts'
import type { Slot } from '../../../core/vault/entry-id.ts'
import { encodeLogEntry } from '../../../core/vault/log-entry.ts'
import { getLog, putLog } from '../../../protocol/log/ask-log.ts'
import { createRig } from '../../../sim/holder.rig.ts'
import { exchangeLog } from '../../roll/logs/exchange-log.ts'
import { createKnownDigests } from '../../roll/known-digests.ts'

const seed = brandBytes<GroupSeed>(createSeededRandom('group film').bytes(32))
const slot = 'a'.repeat(16) as Slot

test('[LOG4] co-holders with different logs compare differently, and have the same one after an exchange', async () => {
  const rig = createRig()
  const owner = rig.join('owner')
  const [ada, bob] = [await rig.holder('ada'), await rig.holder('bob')]
  const segment = rig.own('film')
  const { groupId } = segment
  await rig.place(owner, ada.peer, segment, 1)
  await rig.place(owner, bob.peer, segment, 2)
  const entry = (seq: number, side = 0) => {
    const random = createSeededRandom(`${seq} ${side}`)
    return encodeLogEntry({ slot, seq, r: random.bytes(32), sealed: random.bytes(3000) }, seed)
  }
  const chain = Array.from({ length: 40 }, (_, seq) => entry(seq))
  const digestsOfAda = createKnownDigests(() => ada.host.compared)
  const before = await digestsOfAda(groupId)
  await putLog(owner, rig.clock, ada.peer, groupId, chain)
  await putLog(owner, rig.clock, bob.peer, groupId, [...chain.slice(0, 10), entry(9, 1)])
  const after = await digestsOfAda(groupId)
  expect(equalBytes(before.paper, after.paper)).toBe(true)
  expect(equalBytes(before.holders, after.holders)).toBe(false)
  expect(ada.host.compared.logMark?.(groupId)).not.toBe(bob.host.compared.logMark?.(groupId))
  await exchangeLog({ network: bob.network, clock: rig.clock }, bob.host.compared, ada.peer, groupId, {})
  expect(ada.host.compared.logMark?.(groupId)).toBe(bob.host.compared.logMark?.(groupId))
  expect((await getLog(owner, rig.clock, bob.peer, groupId, [])).length).toBe(41)
})
