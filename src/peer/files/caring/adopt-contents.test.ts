import { expect, test } from 'vitest'
import { equalBytes, hex } from '../../../core/bytes.ts'
import { parsePolicy } from '../../../core/policy.ts'
import { vaultGroupOf } from '../../../core/vault/log-entry.ts'
import { ownerKeysOf } from '../../../core/words.ts'
import { recordKinds } from '../../../core/keys.ts'
import type { Coder } from '../../../ports/coder.ts'
import type { Catalog } from '../../../ports/catalog.ts'
import { partsAtHand } from '../../../sim/late-parts.ts'
import type { PeerOptions, RiggedPeer, World } from '../../../sim/world.ts'
import { bytesOf, collect, createWorld, dropped, readAs, row, startHolders } from '../../../sim/world.ts'

const MINUTE = 60_000
const PEOPLE = 8
const [termMs, renewAfterMs] = [40 * MINUTE, 12 * MINUTE]
/** Segments so short that the large file has a manifest. */
const policy = parsePolicy({
  code: [{ holders: PEOPLE, k: 3, n: PEOPLE }],
  segment: { bytes: 6 * 262_144 },
  lease: { termMs, renewAfterMs, graceMs: 20 * MINUTE },
  presence: { beaconMs: 2 * MINUTE, lostAfterMs: 60 * MINUTE },
  guardian: { scanMs: 10 * MINUTE, enabled: false },
  trash: { holderMs: MINUTE, ownerMs: MINUTE },
})
const contents = { large: bytesOf('large', 4_000_000), one: bytesOf('one', 3_000), two: bytesOf('two', 4_000) }
const names = Object.keys(contents) as (keyof typeof contents)[]

test('[VLT29] files that words bring back become what they were, by the same pieces, and are renewed, shared and removed like any', async () => {
  const { world, holders, ids, words, shown } = await published()
  // They have room for pieces, and none.
  holders.push(...(await startHolders(world, 2, () => undefined, 'late')))
  const kept = await filePieces(world, holders, words)
  expect(kept.length).toBe(PEOPLE * 6)
  const heir = await restored(world, words, 'heir')
  expect(ids.map((id) => row(heir, id).explanation)).toEqual(ids.map(() => ({ is: 'unsought' })))
  await world.until(() => isWhole(heir, ids) && row(heir, ids[0] ?? '').linkPath !== undefined)
  expect(shownOf(heir, ids)).toEqual(shown)
  await world.advance(3 * MINUTE)
  expect(await filePieces(world, holders, words)).toEqual(kept)

  // A restart looks for nobody: everything is written down.
  world.kill(heir)
  const again = await world.start('heir', { offerBytes: 0, late: partsAtHand, files: heir.files })
  expect(ids.map((id) => row(again, id).meter?.value)).toEqual(ids.map(() => PEOPLE))
  expect(ids.map((id) => row(again, id).canShare)).toEqual(ids.map(() => true))

  const linkUntil = row(again, ids[0] ?? '').linkUntil ?? 0
  const until = ids.map((id) => row(again, id).keptUntil ?? 0)
  await pass(world, renewAfterMs + 2 * MINUTE)
  await pass(world, renewAfterMs)
  for (const [at, id] of ids.entries()) expect(row(again, id).keptUntil).toBeGreaterThan((until[at] ?? 0) + renewAfterMs)
  expect(row(again, ids[0] ?? '').linkUntil).toBeGreaterThan(linkUntil + renewAfterMs)
  const path = await world.run(again.peer.share(ids[0] ?? ''))
  expect(equalBytes(await readAs(world, await world.start('reader', { offerBytes: 0, late: partsAtHand }), path), contents.large)).toBe(
    true,
  )

  // The device that stored them is gone for good: nobody waits for it.
  for (const { id, isThis } of await world.run(again.peer.devices())) if (!isThis) await world.run(again.peer.removeDevice(id))
  for (const id of ids) await world.run(again.peer.remove(id))
  await pass(world, 10 * MINUTE)
  expect(await filePieces(world, holders, words)).toEqual([])
})

test('[VLT29] a device that is killed at any commit of it ends with the same', async () => {
  const { world, holders, ids, words, shown } = await published()
  const kept = await filePieces(world, holders, words)
  let ended = 0
  for (let last = 1; last < 24; last += 2) {
    const name = `heir ${last}`
    let commits = 0
    const dying: { heir?: RiggedPeer } = {}
    const catalog = (inner: Catalog): Catalog => ({
      ...inner,
      async commit(changes) {
        if (changes.some(({ table, value }) => table === 'journal' && value !== undefined) && ++commits >= last) {
          if (commits === last && dying.heir !== undefined) world.kill(dying.heir)
          return new Promise(() => undefined)
        }
        return inner.commit(changes)
      },
    })
    dying.heir = await restored(world, words, name, { catalog }, (heir) => (dying.heir = heir))
    await world.advance(MINUTE)
    if (commits >= last) ended++
    else world.kill(dying.heir)
    const again = await world.start(name, { offerBytes: 0, late: partsAtHand, files: dying.heir.files })
    await world.until(() => isWhole(again, ids) && row(again, ids[0] ?? '').linkPath !== undefined)
    // By then, leases were renewed.
    const late = shownOf(again, ids).map((each, at) => ({ ...each, keptUntil: shown[at]?.keptUntil }))
    expect([last, late]).toEqual([last, shown])
    world.kill(again)
  }
  expect(ended).toBeGreaterThan(3)
  expect(await filePieces(world, holders, words)).toEqual(kept)
})

test('[VLT29] a file that another device stores says so; once people keep it all it is whole here too, though that device never came to say it', async () => {
  const world = createWorld({ policy })
  await startHolders(world, PEOPLE)
  const { coder, release } = heldCoder()
  const owner = await world.start('owner', { offerBytes: 0, late: partsAtHand, coder })
  const [id = ''] = await world.run(owner.peer.storeFiles([dropped('large', contents.large)]))
  await world.advance(MINUTE)
  await world.until(() => owner.peer.snapshot().list.people === PEOPLE && !owner.peer.snapshot().list.isBehind)
  const words = await world.run(owner.peer.recoveryWords())
  const heir = await restored(world, words, 'heir')
  const said = { is: 'elsewhere', device: owner.peer.snapshot().self.name }
  expect(row(heir, id)).toMatchObject({ status: 'Storing', explanation: said, canDownload: false, needsOriginal: false })
  await world.run(heir.peer.pause(id).then(() => heir.peer.retry(id)))
  await world.advance(2 * MINUTE)
  expect(row(heir, id)).toMatchObject({ status: 'Storing', explanation: said, isPaused: false })
  // Nothing of another file of that name is sealed under its key.
  const [own] = await world.run(heir.peer.storeFiles([dropped('large', bytesOf('other', 4_000_000))]))
  expect(own).not.toBe(id)
  await world.until(() => isWhole(heir, [own ?? '']))

  release()
  await world.until(() => isWhole(owner, [id]))
  world.kill(owner)
  await world.until(() => isWhole(heir, [id]))
  await world.advance(MINUTE)
  const third = await restored(world, words, 'third')
  await world.until(() => isWhole(third, [id, own ?? '']))
  const read = await world.run(third.peer.openFile(id).then((file) => collect(file)))
  expect(equalBytes(read, contents.large)).toBe(true)
})

test('[VLT29] what nobody keeps yet stays where it is, and is removed like any', async () => {
  const world = createWorld({ policy })
  await startHolders(world, PEOPLE)
  const { coder } = heldCoder()
  const owner = await world.start('owner', { offerBytes: 0, late: partsAtHand, coder })
  const [id = ''] = await world.run(owner.peer.storeFiles([dropped('large', contents.large)]))
  await world.advance(MINUTE)
  await world.until(() => owner.peer.snapshot().list.people === PEOPLE && !owner.peer.snapshot().list.isBehind)
  const words = await world.run(owner.peer.recoveryWords())
  world.kill(owner)
  const heir = await restored(world, words, 'heir')
  await world.advance(30 * MINUTE)
  expect(row(heir, id).explanation).toMatchObject({ is: 'elsewhere' })
  world.kill(heir)
  const again = await world.start('heir', { offerBytes: 0, late: partsAtHand, files: heir.files })
  expect(row(again, id).explanation).toMatchObject({ is: 'elsewhere' })
  await world.run(again.peer.remove(id))
  await world.until(() => again.peer.snapshot().files.length === 0)
})

test('[VLT29] a file that was ended, of which the list that came back does not know, is said to be gone', async () => {
  const { world, owner, ids, words } = await published('alive')
  const [id = '', ...others] = ids
  await world.run(owner.peer.remove(id))
  world.kill(owner)
  const heir = await restored(world, words, 'heir')
  await world.until(() => row(heir, id).status === 'Cannot be rebuilt')
  expect(row(heir, id).explanation).toEqual({ is: 'gone', known: 0, needed: 3 })
  await world.until(() => isWhole(heir, others))
  expect(row(heir, id).status).toBe('Cannot be rebuilt')
})

/** Returns a coder that seals no content before `release` is called. */
function heldCoder() {
  let release = (): void => undefined
  const released = new Promise<void>((resolve) => (release = resolve))
  const coder = (inner: Coder): Coder => ({
    ...inner,
    async seal(how, plain) {
      if (how.kind === recordKinds.content) await released
      return inner.seal(how, plain)
    },
  })
  return { coder, release }
}

/** Returns a world in which a device stored the files, gave its list to everybody, and is gone unless it is to stay. */
async function published(owners: 'gone' | 'alive' = 'gone') {
  const world = createWorld({ policy })
  const holders = await startHolders(world, PEOPLE)
  const owner = await world.start('owner', { offerBytes: 0, late: partsAtHand })
  const ids = await world.run(owner.peer.storeFiles(names.map((name) => dropped(name, contents[name]))))
  await world.until(() => isWhole(owner, ids))
  await world.run(owner.peer.share(ids[0] ?? ''))
  await world.advance(MINUTE)
  await world.until(() => owner.peer.snapshot().list.people === PEOPLE)
  const words = await world.run(owner.peer.recoveryWords())
  const shown = shownOf(owner, ids)
  if (owners === 'gone') world.kill(owner)
  return { world, holders, owner, ids, words, shown }
}

/** Starts a device, types the words into it and returns it once the list of files is back. */
async function restored(
  world: World,
  words: string,
  name: string,
  options: PeerOptions = {},
  onStarted: (heir: RiggedPeer) => void = () => undefined,
): Promise<RiggedPeer> {
  const heir = await world.start(name, { offerBytes: 0, late: partsAtHand, ...options })
  onStarted(heir)
  await world.until(() => heir.peer.snapshot().connection.people >= PEOPLE)
  await world.run(heir.peer.restore(words))
  await world.until(() => heir.peer.snapshot().restore?.is === 'done')
  return heir
}

function isWhole(device: RiggedPeer, ids: readonly string[]): boolean {
  return ids.every((id) => row(device, id).canShare === true && row(device, id).meter?.value === PEOPLE)
}

/** What of the rows does not depend on when a device was started. */
function shownOf(device: RiggedPeer, ids: readonly string[]) {
  return ids.map((id) => {
    const { name, status, meter, health, canShare, canDownload, keptUntil, linkPath } = row(device, id)
    return { name, status, meter, margin: health?.margin, canShare, canDownload, keptUntil, linkPath }
  })
}

/** Returns who keeps which piece of a file, sorted. */
async function filePieces(world: World, holders: readonly RiggedPeer[], words: string): Promise<readonly string[]> {
  const list = hex(vaultGroupOf(ownerKeysOf(words).lease).groupId)
  const kept = await world.run(Promise.all(holders.map(async ({ name, peer }) => (await peer.kept()).map((piece) => ({ name, ...piece })))))
  return kept
    .flat()
    .filter(({ groupId }) => groupId !== list)
    .map(({ name, segmentId, index }) => `${segmentId} ${index} ${name}`)
    .toSorted()
}

const pass = (world: World, ms: number): Promise<void> => world.run(world.clock.advance(ms), 2 * ms)
