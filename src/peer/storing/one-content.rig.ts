import { expect } from 'vitest'
import { createMemoryFiles, type MemoryFiles } from '../../adapters/memory/memory-files.ts'
import { equalBytes } from '../../core/bytes.ts'
import { parsePolicy } from '../../core/policy.ts'
import type { Catalog } from '../../ports/catalog.ts'
import { bytesOf, createWorld, dropped, readByLink, row, startHolders, type RiggedPeer, type World } from '../../sim/world.ts'
import { HoardError } from '../../core/errors.ts'

const RECORD = 262_128
/** Number of holders, each with one piece. */
export const PEOPLE = 3
/** A code for so few people, and segments so short that `LONG` needs a manifest. */
export const policy = parsePolicy({ code: [{ holders: PEOPLE, k: 2, n: PEOPLE }], segment: { bytes: 16 * 262_144 } })
/** Name of the file that is dropped and dropped again. */
export const NAME = 'thesis.db'
/** A file of one segment, and one of two sealing batches in two segments, which needs a manifest. */
export const [SHORT, LONG] = [bytesOf('short', 5_000), bytesOf('long', 17 * RECORD - 1000)]

/** Versions that a person may drop under the same name after a crash. */
export const versions: readonly { readonly is: string; readonly of: (content: Content) => Content }[] = [
  { is: 'the same', of: (content) => content },
  { is: 'a changed', of: (content) => content.map((byte) => byte ^ 0xff) },
  { is: 'a longer', of: (content) => new Uint8Array([...content, 1]) },
  { is: 'a shorter', of: (content) => content.slice(0, -1) },
]
type Content = Uint8Array<ArrayBuffer>

/** Kills an owner after `last` commits, drops a version of the file again, and checks what can be read then. */
export async function dieAndDropAgain(before: Content, last: number, version: (typeof versions)[number]): Promise<void> {
  const { is, of } = version
  const after = of(before.slice())
  const seen = await storeKilledAfter(last, before, after)
  // Every row that can be read is one of the two, and what was dropped last is among them.
  expect([last, is, seen.map((content) => isOneOf(content, [before, after]))]).toEqual([last, is, seen.map(() => true)])
  expect([last, is, isOneOf(after, seen)]).toEqual([last, is, true])
}

/** Counts the commits of a peer's vault and journal, each told before it is made. */
export function counted(onCommit: (commit: number) => void | Promise<void>) {
  let commits = 0
  return {
    commits: () => commits,
    catalog: (catalog: Catalog): Catalog => ({
      ...catalog,
      async commit(changes) {
        if (changes.some(({ table }) => table === 'journal' || table === 'vault-log')) await onCommit(commits++)
        return catalog.commit(changes)
      },
    }),
  }
}

/** Returns how many commits it takes to store and share a file. */
export async function commitsOfAStore(content: Content): Promise<number> {
  const world = createWorld({ policy })
  await startHolders(world, PEOPLE)
  const { commits, catalog } = counted(() => undefined)
  const owner = await world.start('owner', { offerBytes: 0, catalog })
  await storeAndShare(world, owner, content)
  return commits()
}

async function storeAndShare(world: World, owner: RiggedPeer, content: Content): Promise<void> {
  const [id = ''] = await world.run(owner.peer.storeFiles([dropped(NAME, content)]))
  await world.until(() => row(owner, id).status === 'Fragile' && row(owner, id).meter?.value === PEOPLE)
  await world.run(owner.peer.share(id))
}

/** Kills an owner after `last` commits, drops `version` after its next start, and returns the content behind each of its links. */
async function storeKilledAfter(last: number, content: Content, version: Content): Promise<readonly Uint8Array[]> {
  const world = createWorld({ policy })
  await startHolders(world, PEOPLE)
  const files: MemoryFiles = createMemoryFiles()
  let isDead = false
  const dying: { owner?: RiggedPeer } = {}
  const { catalog } = counted((commit) => {
    if (commit < last) return undefined
    isDead = true
    if (dying.owner !== undefined) world.kill(dying.owner)
    return new Promise(() => undefined)
  })
  dying.owner = await world.start('owner', { files, offerBytes: 0, catalog })
  storeAndShare(world, dying.owner, content).catch(() => undefined)
  await world.until(() => isDead)
  const again = await world.start('owner', { files, offerBytes: 0 })
  await world.until(() => again.peer.snapshot().connection.people === PEOPLE)
  await world.run(again.peer.storeFiles([dropped(NAME, version)]))
  const droppedAt = world.clock.now()
  const rows = () => again.peer.snapshot().files
  // The dropped version is in the list within a second; the one that it replaces is gone once every row can be shared.
  await world.until(() => world.clock.now() > droppedAt + 1_000 && rows().length > 0 && rows().every(({ canShare }) => canShare))
  const seen: Uint8Array[] = []
  for (const { id } of rows()) seen.push(await readByLink(world, await world.run(again.peer.share(id)), `reader ${id}`))
  return seen
}

function isOneOf(content: Uint8Array, all: readonly Uint8Array[]): boolean {
  return all.some((each) => equalBytes(each, content))
}

/** Fills the disk at the owner's commit number `failing`, goes on as a person would, and compares what the owner shows with its disk. */
export async function storeOnFullDisk(failing: number): Promise<void> {
  const world = createWorld({ policy })
  await startHolders(world, PEOPLE)
  const { catalog } = counted((commit) => {
    if (commit === failing) throw new HoardError('storage-full')
  })
  const owner = await world.start('owner', { offerBytes: 0, catalog })
  const [id = ''] = await retried(async () => world.run(owner.peer.storeFiles([dropped(NAME, SHORT)])))
  const isDone = (): boolean => row(owner, id).canShare === true && row(owner, id).meter?.value === PEOPLE
  const isInTrouble = (): boolean => row(owner, id).explanation?.is === 'trouble'
  await world.until(() => isDone() || isInTrouble())
  if (isInTrouble()) await world.run(owner.peer.retry(id))
  await world.until(() => isDone() && !isInTrouble())
  const link = await retried(async () => world.run(owner.peer.share(id)))
  expect([failing, equalBytes(await readByLink(world, link), SHORT)]).toEqual([failing, true])
  // The running peer shows what its disk says.
  const keepers = await world.run(owner.peer.keepers(id))
  world.kill(owner)
  const again = await world.start('owner', { files: owner.files, offerBytes: 0 })
  expect([failing, again.peer.snapshot().files.map(({ linkPath }) => linkPath)]).toEqual([failing, [link]])
  expect((await world.run(again.peer.keepers(id))).map(({ piece, peer }) => [piece, peer])).toEqual(
    keepers.map(({ piece, peer }) => [piece, peer]),
  )
}

/** Runs `work` once more when the first try fails on the full disk. */
async function retried<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch {
    return work()
  }
}
