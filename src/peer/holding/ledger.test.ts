import { expect, test } from 'vitest'
import { sizeOnDisk } from '../../adapters/storage/slabs/slab-layout.ts'
import type { Bytes } from '../../core/bytes.ts'
import { checkTombstone } from '../../core/charter.ts'
import { brandBytes, type SegmentId } from '../../core/ids.ts'
import { defaultPolicy } from '../../core/policy.ts'
import type { Catalog } from '../../ports/catalog.ts'
import type { Network } from '../../ports/network.ts'
import { askWho, tell } from '../../protocol/group.ts'
import { ACKNOWLEDGE_BYTES } from '../../protocol/limits.ts'
import { askToStore } from '../../protocol/store-shard.ts'
import { openKeptGroups } from './keeping/kept-groups.ts'
import {
  allClaims,
  claimOf,
  createRig,
  nextChange,
  outcome,
  type Rig,
  type RiggedHolder,
  shardsOnDisk,
  storedRig,
  tellBySeveral,
  until,
} from '../../sim/holder.rig.ts'

const MIB = 1024 * 1024

/** Begins a store of a MiB, brings the first `bytes` of it, and leaves once they are on disk. */
async function leaveHalfDone(rig: Rig, network: Network, ada: RiggedHolder, name: string, bytes: number): Promise<void> {
  let isSafe = (): void => undefined
  const safe = new Promise<void>((resolve) => (isSafe = resolve))
  const offer = rig.own(name, { sealedLength: 2 * MIB }).offer(ada.peer, 0)
  const turn = await askToStore(network, rig.clock, ada.peer, offer, { onAcknowledged: (offset) => offset >= bytes && isSafe() })
  if (turn.is !== 'wanted') throw new Error(turn.is)
  const isOver = nextChange(ada.host)
  await turn.send(new Uint8Array(bytes))
  // Fewer bytes than that are not acknowledged.
  if (bytes >= ACKNOWLEDGE_BYTES) await Promise.race([safe, outcome(turn.finish())])
  else await rig.clock.advance(1)
  turn.abort()
  await isOver
}

/** A holder with room for four shards of a MiB by newcomers. */
async function smallRig() {
  const rig = createRig()
  const ledger = { newcomerBytes: 4.5 * MIB, newcomersShare: 0.001 }
  return { rig, ada: await rig.holder('ada', { policy: { ...defaultPolicy, ledger } }) }
}

test('[ADM6] half-done shards of one byte, by many names, keep nobody out and leave nothing on disk', async () => {
  const { rig, ada } = await smallRig()
  for (let name = 0; name < 2; name++) {
    const eve = rig.join(`eve ${name}`)
    for (let at = 0; at < 3; at++) await leaveHalfDone(rig, eve, ada, `${name} ${at}`, 1)
  }
  expect(ada.host.used()).toBe(0)
  expect(await outcome(rig.place(rig.join('owner'), ada.peer, rig.own('letter', { sealedLength: 2 * MIB }), 0))).toBe('done')
})

test('[ADM6] half-done shards of newcomers pay by progress: where room is short those of least progress go first', async () => {
  const { rig, ada } = await smallRig()
  const eve = rig.join('eve')
  for (const [name, kib] of [
    ['most', 768],
    ['least', 128],
    ['more', 512],
    ['less', 256],
  ] as const)
    await leaveHalfDone(rig, eve, ada, name, kib * 1024)
  expect(shardsOnDisk(ada.host)).toBe(4 * sizeOnDisk(MIB))
  const owner = rig.join('owner')
  for (const name of ['letter', 'film'])
    expect(await outcome(rig.place(owner, ada.peer, rig.own(name, { sealedLength: 2 * MIB }), 0))).toBe('done')
  expect(shardsOnDisk(ada.host)).toBe(4 * sizeOnDisk(MIB))
  const from = async (name: string) => {
    const turn = await askToStore(eve, rig.clock, ada.peer, rig.own(name, { sealedLength: 2 * MIB }).offer(ada.peer, 0))
    return turn.is === 'wanted' ? turn.from : turn.is
  }
  expect([await from('most'), await from('more')]).toEqual([768 * 1024, 512 * 1024])
})

test('[ADM2] where all places are taken, stores that hardly send give way to whoever waits', async () => {
  const rig = createRig()
  const ada = await rig.holder('ada')
  const eves = [0, 1, 2, 3].map((name) => rig.join(`eve ${name}`))
  for (const [at, eve] of [...eves, ...eves, ...eves, ...eves].entries()) {
    const turn = await askToStore(eve, rig.clock, ada.peer, rig.own(`made up ${at}`).offer(ada.peer, 0))
    if (turn.is === 'wanted') await turn.send(new Uint8Array(1))
  }
  const place = () => outcome(rig.place(rig.join('owner'), ada.peer, rig.own('letter'), 0))
  expect(await place()).toBe('BUSY')
  await rig.clock.advance(2_000)
  expect(await place()).toBe('done')
})

test('[ADM4] room that newcomers hold and hardly fill is given to whoever waits', async () => {
  const { rig, ada } = await smallRig()
  for (let at = 0; at < 4; at++) {
    const turn = await askToStore(
      rig.join(`eve ${at}`),
      rig.clock,
      ada.peer,
      rig.own(`made up ${at}`, { sealedLength: 2 * MIB }).offer(ada.peer, 0),
    )
    if (turn.is === 'wanted') await turn.send(new Uint8Array(1))
  }
  const place = () => outcome(rig.place(rig.join('owner'), ada.peer, rig.own('letter', { sealedLength: 2 * MIB }), 0))
  expect(await place()).toBe('QUOTA')
  await rig.clock.advance(2_000)
  expect(await place()).toBe('done')
})

test('[ADM4] a shard is counted with its slot and with everything written about it', async () => {
  const rig = createRig()
  const ada = await rig.holder('ada')
  const before = ada.files.usedBytes()
  for (let at = 0; at < 40; at++) await rig.place(rig.join('owner'), ada.peer, rig.own(`tiny ${at}`, { sealedLength: 64 }), 0)
  expect(shardsOnDisk(ada.host)).toBe(40 * sizeOnDisk(32))
  // The catalog is a log: replaced records stay in it for a while.
  expect(ada.host.used()).toBeGreaterThan((ada.files.usedBytes() - before) / 2)
})

test('[GRO7] claims about invented segments are counted as used, and booked on the newcomer who tells them', async () => {
  const { rig, ada } = await smallRig()
  const eve = rig.join('eve')
  const before = ada.files.usedBytes()
  const results = new Set<string>()
  for (let group = 0; group < 6; group++) {
    const segment = rig.own(`eve ${group}`, { sealedLength: 2 })
    results.add(await outcome(rig.place(eve, ada.peer, segment, 0)))
    const rows = Array.from({ length: 512 }, (_, at) => ({ segmentId: invented(at), index: at % 255 }))
    const claims = await Promise.all(Array.from({ length: 60 }, (_, at) => claimOf(`made up ${at}`, segment, 1, rows)))
    results.add(await outcome(tell(eve, rig.clock, ada.peer, { claims })))
  }
  expect(results.has('QUOTA')).toBe(true)
  expect(ada.host.used()).toBeLessThan(4.5 * MIB)
  expect(ada.files.usedBytes() - before).toBeLessThan(2 * 4.5 * MIB)
  ada.host.close()
  const again = await rig.holder('ada', {
    files: ada.files,
    policy: { ...defaultPolicy, ledger: { newcomerBytes: 4.5 * MIB, newcomersShare: 0.001 } },
  })
  expect(again.host.used()).toBe(ada.host.used())
  expect(await outcome(rig.place(eve, again.peer, rig.own('film', { sealedLength: 2 * MIB }), 0))).toBe('QUOTA')
})

test('[GRO4] hearsay displaces nothing, the word of a holder about itself is taken, and who placed here is believed first', async () => {
  const { rig, ada, owner, segment } = await storedRig()
  const carol = await claimOf('carol', segment, 1)
  await tell(owner, rig.clock, ada.peer, { claims: [carol] })
  const made = await Promise.all(Array.from({ length: 255 }, (_, at) => claimOf(`made up ${at}`, segment, 1)))
  await tellBySeveral(rig, ada.peer, made)
  const { checks } = ada.host.facts()
  await tell(rig.join('mallory'), rig.clock, ada.peer, { claims: [await claimOf('one more', segment, 1)] })
  // The claim has no room in any case: its signature is not even checked.
  expect(ada.host.facts().checks).toBe(checks)
  const bob = await claimOf('bob', segment, 1)
  await tell(rig.join('bob'), rig.clock, ada.peer, { claims: [bob] })
  const claims = allClaims(await askWho(owner, rig.clock, ada.peer, segment.groupId))
  const has = (claim: Uint8Array) => claims.some((other) => Buffer.compare(other, claim) === 0)
  expect([claims.length, has(carol), has(bob)]).toEqual([256, true, true])
})

test('[KEE4] the end of a group of which nothing whole was kept is obeyed and not remembered', async () => {
  const rig = createRig()
  const ada = await rig.holder('ada')
  const [eve, segment] = [rig.join('eve'), rig.own('film', { sealedLength: 2 * MIB })]
  await leaveHalfDone(rig, eve, ada, 'film', 512 * 1024)
  await tell(eve, rig.clock, ada.peer, { tombstone: segment.tombstone(6000), claims: [] })
  expect(ada.host.used()).toBe(0)
  expect(await outcome(askWho(eve, rig.clock, ada.peer, segment.groupId))).toBe('UNKNOWN')
})

test('[KEE4] no more tombstones of one placer are remembered than have room, the newest of them', async () => {
  const rig = createRig()
  const eve = rig.join('eve')
  const values: { readonly key: string; readonly value: Bytes }[] = []
  const nothing: Catalog = { get: async () => undefined, all: async () => [], commit: async () => undefined }
  const { changeForPaper } = await openKeptGroups(nothing)
  const tombstone = checkTombstone(rig.own('tiny').tombstone(5000), rig.clock.now())
  for (let at = 0; at < 20_000; at++) {
    const { value } = changeForPaper(tombstone, rig.clock.now() - 20_000 + at, eve.self)
    if (value) values.push({ key: at.toString(16).padStart(64, '0'), value: new Uint8Array(value) })
  }
  const ada = await rig.holder('ada', {
    catalog: (catalog) => ({ ...catalog, all: async (table) => (table === 'charters' ? values : catalog.all(table)) }),
  })
  await until(ada.host, () => ada.host.facts().paperBytes > 0)
  expect(ada.host.facts().paperBytes).toBeLessThanOrEqual(4 * MIB)
  expect(ada.host.facts().paperBytes).toBeGreaterThan(3.9 * MIB)
})

function invented(at: number): SegmentId {
  const bytes = new Uint8Array(32).fill(7)
  bytes.set([at >> 8, at & 255])
  return brandBytes<SegmentId>(bytes)
}
