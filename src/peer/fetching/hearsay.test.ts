import { expect, test } from 'vitest'
import { createSeededRandom } from '../../adapters/memory/seeded-random.ts'
import { createDeviceSigner } from '../../adapters/storage/device-signer.ts'
import type { Bytes } from '../../core/bytes.ts'
import { checkClaim, claimMessage, encodeClaim, type ClaimRow } from '../../core/claim.ts'
import { brandBytes, type SegmentId, type GroupId, type PeerId } from '../../core/ids.ts'
import { parseLinkFragment } from '../../core/link.ts'
import { askWho, handleGroup, type SentPaper } from '../../protocol/group.ts'
import { handleHello, type Hello } from '../../protocol/hello.ts'
import { handleShard } from '../../protocol/shard.ts'
import { refused } from '../../protocol/refusal.ts'
import { bytesOf, collect, createWorld, dropped, row, startHolders, type RiggedPeer, type World, fragmentOf } from '../../sim/world.ts'

const RELAY = '/memory/relay'

/** A file of `bytes` with eight holders and a link to it. */
async function shared(bytes = 600_000) {
  const world = createWorld()
  const content = bytesOf('wanted', bytes)
  const holders = await startHolders(world, 8)
  const owner = await world.start('owner', { offerBytes: 0 })
  const [id = ''] = await world.run(owner.peer.storeFiles([dropped('wanted', content)]))
  await world.until(() => row(owner, id).meter?.value === 8 && row(owner, id).canShare === true)
  const fragment = fragmentOf(await world.run(owner.peer.share(id)))
  return { world, content, holders, owner, id, fragment }
}

/** Returns the public part of the groups behind a link, for which every neighbour can ask. */
async function groupsOf(world: World, holders: readonly RiggedPeer[], fragment: string) {
  const asker = world.swarm.join(signerOf('asker').peerId)
  const kept = await world.run(Promise.all(holders.map(({ peer }) => peer.kept())))
  const ids = new Set([...kept.flat().map(({ groupId }) => groupId), Buffer.from(parseLinkFragment(fragment).groupId).toString('hex')])
  const groups = new Map<
    string,
    { readonly paper: SentPaper | undefined; readonly claims: readonly Bytes[]; readonly rows: readonly ClaimRow[] }
  >()
  for (const id of ids) {
    const groupId = brandBytes<GroupId>(new Uint8Array(Buffer.from(id, 'hex')))
    for (const { peerId } of holders) {
      world.swarm.connect(asker.network.self, peerId)
      const answer = await world.run(askWho(asker.network, world.clock, peerId, groupId)).catch(() => undefined)
      if (answer?.own === undefined) continue
      const { rows } = checkClaim(answer.own, world.clock.now())
      groups.set(id, { paper: answer.paper, claims: [answer.own, ...answer.claims], rows })
      break
    }
  }
  return groups
}

function signerOf(name: string) {
  return createDeviceSigner(createSeededRandom(name).bytes(32))
}

const claims = new Map<string, Promise<Bytes>>()

/** Returns the claim of the person called `name`, signed once for all tests. */
function claimBy(name: string, groupId: GroupId, rows: readonly ClaimRow[], seq = 1): Promise<Bytes> {
  const key = JSON.stringify([name, [...groupId], seq, rows.map(({ index, segmentId }) => [index, ...segmentId])])
  const known = claims.get(key)
  if (known !== undefined) return known
  const signer = signerOf(name)
  const fields = { groupId, holder: signer.peerId, seq, rows, at: 0 }
  const signed = signer.sign(claimMessage(fields)).then((signature) => encodeClaim(fields, signature))
  claims.set(key, signed)
  return signed
}

/** A neighbour that is here, keeps nothing, and answers WHO as it likes. */
async function startLiar(
  world: World,
  name: string,
  who: (groupId: GroupId) => Promise<{ readonly paper: SentPaper | undefined; readonly own?: Bytes; readonly claims: readonly Bytes[] }>,
): Promise<PeerId> {
  const seat = world.swarm.join(signerOf(name).peerId)
  const mine = (): Hello => ({
    engine: 'memory',
    isPersisted: true,
    isHolder: true,
    offer: 1,
    room: 1,
    storeEpoch: new Uint8Array(16) as Hello['storeEpoch'],
    clock: world.clock.now(),
  })
  handleHello(seat.network, world.clock, { mine, onHello: () => undefined })
  handleShard(seat.network, world.clock, {
    describe: () => Promise.reject(refused('UNKNOWN')),
    has: async () => [],
    read: () => Promise.reject(refused('UNKNOWN')),
    store: () => Promise.reject(refused('FULL')),
  } as unknown as Parameters<typeof handleShard>[2])
  handleGroup(seat.network, world.clock, {
    who: async (groupId) => {
      const { paper, claims: told, own } = await who(groupId)
      const sent = told.map((bytes) => ({ holder: checkClaim(bytes, Number.MAX_SAFE_INTEGER).holder, bytes }))
      return {
        ...(paper === undefined ? {} : { paper }),
        claims: own === undefined ? sent : [...sent, { holder: seat.network.self, bytes: own }],
      }
    },
    told: async () => undefined,
  })
  await world.run(seat.control.addRelay(RELAY))
  return seat.network.self
}

/** A reader whose first and, for a while, only neighbours are `liars`. */
async function readerBeside(world: World, liars: readonly PeerId[], fragment: string) {
  const reader = await world.start('reader', {
    offerBytes: 0,
    isAlone: true,
    directory: (directory) => ({ ...directory, async *find() {} }),
  })
  for (const liar of liars) world.swarm.connect(reader.peerId, liar)
  const link = reader.peer.openLink(fragment)
  const heard = () => reader.peer.snapshot().connection.people >= liars.length
  await world.until(heard)
  return { reader, link }
}

for (const [what, seqOf] of [
  ['two hundred and fifty-six invented holders', () => 1],
  ['invented holders with the highest seq', () => Number.MAX_SAFE_INTEGER],
] as const) {
  test(`[GRO5] hearsay of ${what}, told first, keeps nobody from a file whose holders are here`, async () => {
    const { world, content, holders, owner, fragment } = await shared()
    const groups = await groupsOf(world, holders, fragment)
    world.kill(owner)
    const liar = await startLiar(world, 'liar', async (groupId) => {
      const group = groups.get(Buffer.from(groupId).toString('hex'))
      const rows = group?.rows ?? []
      const told = await Promise.all(Array.from({ length: 255 }, (_, at) => claimBy(`made up ${at}`, groupId, rows, seqOf())))
      return { paper: group?.paper, claims: told, own: await claimBy('liar', groupId, rows, seqOf()) }
    })
    const { reader, link } = await readerBeside(world, [liar], fragment)
    for (const { peerId } of holders) world.swarm.connect(reader.peerId, peerId)
    expect(await world.run(link.file().then((file) => collect(file)))).toEqual(content)
    link.close()
  })
}

test('[GRO5] forty tellers, each a connected person with claims of its own, keep nobody from a file whose holders are here', async () => {
  const { world, content, holders, owner, fragment } = await shared()
  const groups = await groupsOf(world, holders, fragment)
  world.kill(owner)
  const liars: PeerId[] = []
  for (let number = 0; number < 40; number++) {
    const name = `liar ${number}`
    liars.push(
      await startLiar(world, name, async (groupId) => {
        const group = groups.get(Buffer.from(groupId).toString('hex'))
        const rows = group?.rows ?? []
        const told = await Promise.all(Array.from({ length: 8 }, (_, at) => claimBy(`made up ${number} ${at}`, groupId, rows, 9)))
        return { paper: group?.paper, claims: told, own: await claimBy(name, groupId, rows, 9) }
      }),
    )
  }
  const { reader, link } = await readerBeside(world, liars, fragment)
  for (const { peerId } of holders) world.swarm.connect(reader.peerId, peerId)
  expect(await world.run(link.file().then((file) => collect(file)))).toEqual(content)
  link.close()
})

test('[GRO5] a holder that really keeps a piece, and tells of invented ones beside it, keeps nobody from a file whose holders are here', async () => {
  const { world, content, holders, owner, fragment } = await shared()
  const groups = await groupsOf(world, holders, fragment)
  const [turned, ...honest] = holders
  if (turned === undefined) throw new Error('nobody holds')
  world.kill(owner)
  world.kill(turned)
  const name = `world peer ${turned.name}`
  const liar = await startLiar(world, name, async (groupId) => {
    const group = groups.get(Buffer.from(groupId).toString('hex'))
    const rows = group?.rows ?? []
    const told = await Promise.all(Array.from({ length: 255 }, (_, at) => claimBy(`made up ${at}`, groupId, rows, 9)))
    return { paper: group?.paper, claims: told, own: await claimBy(name, groupId, rows, 9) }
  })
  expect(liar).toBe(turned.peerId)
  const { reader, link } = await readerBeside(world, [liar], fragment)
  for (const { peerId } of honest) world.swarm.connect(reader.peerId, peerId)
  expect(await world.run(link.file().then((file) => collect(file)))).toEqual(content)
  expect(link.snapshot().meter.value).toBeLessThanOrEqual(8)
  link.close()
})

test('[GRO5] claims of real holders that others tell, however old or new, say nothing against what the holders say themselves', async () => {
  const { world, content, holders, owner, fragment } = await shared()
  const groups = await groupsOf(world, holders, fragment)
  world.kill(owner)
  const liar = await startLiar(world, 'liar', async (groupId) => {
    const group = groups.get(Buffer.from(groupId).toString('hex'))
    // Signed with the holders' own keys, as a peer may have collected them: empty claims, numbered before and far after the true ones.
    const told = holders.map(({ name }, at) => claimBy(`world peer ${name}`, groupId, [], at < 4 ? 0 : Number.MAX_SAFE_INTEGER))
    return { paper: group?.paper, claims: await Promise.all(told) }
  })
  const { reader, link } = await readerBeside(world, [liar], fragment)
  for (const { peerId } of holders) world.swarm.connect(reader.peerId, peerId)
  await world.until(() => link.snapshot().meter.value === 8)
  expect(link.snapshot().status).toBe('Fragile')
  expect(await world.run(link.file().then((file) => collect(file)))).toEqual(content)
  link.close()
})

test('[GRO5] a claim on a segment that the file does not name changes neither word nor meter', async () => {
  const { world, holders, owner, fragment } = await shared()
  const groups = await groupsOf(world, holders, fragment)
  world.kill(owner)
  const invented = brandBytes<SegmentId>(bytesOf('no such segment', 32))
  const liar = await startLiar(world, 'liar', async (groupId) => ({
    paper: groups.get(Buffer.from(groupId).toString('hex'))?.paper,
    own: await claimBy('liar', groupId, [{ segmentId: invented, index: 0 }]),
    claims: [await claimBy('made up', groupId, [{ segmentId: invented, index: 0 }])],
  }))
  const { reader, link } = await readerBeside(world, [liar], fragment)
  for (const { peerId } of holders) world.swarm.connect(reader.peerId, peerId)
  await world.until(() => link.snapshot().meter.value === 8)
  expect(link.snapshot()).toMatchObject({ status: 'Fragile', meter: { value: 8, max: 8 } })
  link.close()
})

test('[GRO5] hearsay alone is nobody in reach, raises no word, and never says that a file cannot be rebuilt', async () => {
  const { world, holders, owner, fragment } = await shared()
  const groups = await groupsOf(world, holders, fragment)
  for (const holder of [...holders.slice(1), owner]) world.kill(holder)
  const liar = await startLiar(world, 'liar', async (groupId) => {
    const group = groups.get(Buffer.from(groupId).toString('hex'))
    const segmentId = group?.rows[0]?.segmentId
    const rowOf = (index: number) => (segmentId === undefined ? [] : [{ segmentId, index }])
    return {
      paper: group?.paper,
      claims: await Promise.all(Array.from({ length: 8 }, (_, at) => claimBy(`made up ${at}`, groupId, rowOf(at)))),
    }
  })
  const { reader, link } = await readerBeside(world, [liar], fragment)
  world.swarm.connect(reader.peerId, holders[0]?.peerId ?? liar)
  await expect(world.until(() => link.snapshot().status !== 'Waiting for people', 60_000)).rejects.toThrow('not true within')
  expect(link.snapshot().meter.value).toBeLessThanOrEqual(1)
  link.close()
})
