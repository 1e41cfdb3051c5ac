import { expect, test } from 'vitest'
import { createDeviceSigner } from '../../../adapters/storage/device-signer.ts'
import { fromHex, hex } from '../../../core/bytes.ts'
import { readClaim } from '../../../core/claim.ts'
import { decodeDescriptor } from '../../../core/descriptor.ts'
import { brandBytes, type GroupId, type SegmentId } from '../../../core/ids.ts'
import { parsePolicy } from '../../../core/policy.ts'
import { leavesOfShard } from '../../../core/segment.ts'
import { openFetch } from '../../../protocol/fetch-shard.ts'
import { askWho } from '../../../protocol/group.ts'
import { askToRepair } from '../../../protocol/repair-shard.ts'
import { bytesOf, createWorld, dropped, row, startHolders } from '../../../sim/world.ts'

test('[REP4] a peer that came late takes a piece whose holder is gone, and is counted by those who were there before', async () => {
  const world = createWorld({ policy: parsePolicy({ code: [{ holders: 3, k: 2, n: 4 }] }) })
  const holders = await startHolders(world, 4)
  const owner = await world.start('owner', { offerBytes: 0 })
  const [id = ''] = await world.run(owner.peer.storeFiles([dropped('letter', bytesOf('letter', 100_000))]))
  await world.until(() => row(owner, id).meter?.value === 4)

  const { network } = world.swarm.join(createDeviceSigner(new Uint8Array(32).fill(9)).peerId)
  const { clock } = world
  const [gone, ...left] = holders
  const [piece] = (await gone?.peer.kept()) ?? []
  if (!gone || !piece) throw new Error('a piece')
  const [groupId, segmentId] = [brandBytes<GroupId>(fromHex(piece.groupId)), brandBytes<SegmentId>(fromHex(piece.segmentId))]
  const line = await world.run(openFetch(network, clock, gone.peerId))
  const descriptor = await world.run(line.describe(segmentId))
  const { sealedLength, k } = decodeDescriptor(descriptor)
  const { bytes } = await world.run(line.read({ segmentId, index: piece.index, firstLeaf: 0, leaves: leavesOfShard(sealedLength, k) }))
  const answers = await world.run(Promise.all(left.map(({ peerId }) => askWho(network, clock, peerId, groupId))))
  const claims = answers.flatMap(({ own }) => (own === undefined ? [] : [own]))
  const charter = answers[0]?.paper?.bytes ?? new Uint8Array()
  const late = await world.start('late')
  const repair = () => world.run(askToRepair(network, clock, late.peerId, { descriptor, charter, index: piece.index, claims }))
  // As long as its holder is there, the index is taken.
  await expect(repair()).rejects.toMatchObject({ facts: { refusal: 'BAD-REQUEST', kept: piece.index } })
  world.kill(gone)
  const turn = await repair()
  if (turn === 'not spoken' || turn.is !== 'wanted') throw new Error('wanted')
  await world.run(turn.send(bytes))
  await world.run(turn.finish())
  expect((await late.peer.kept()).map((kept) => [kept.segmentId, kept.index])).toEqual([[hex(segmentId), piece.index]])
  // The newcomer knows two co-holders, compares with them, and all three hear of it.
  const known = async (): Promise<number> => {
    const told = await world.run(Promise.all(left.map(({ peerId }) => askWho(network, clock, peerId, groupId))))
    return told.filter((answer) => answer.claims.some((claim) => readClaim(claim).holder === late.peerId)).length
  }
  for (let turns = 0; turns < 60 && (await known()) < 3; turns++) await world.run(clock.wait(60_000), 120_000)
  expect(await known()).toBe(3)
}, 60_000)
