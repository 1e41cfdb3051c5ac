import { createLimiter } from '../../flow/limiter.ts'
import { makeWords, ownerKeysOf } from '../../core/words.ts'
import { parsePolicy } from '../../core/policy.ts'
import { unpublished } from '../../sim/late-parts.ts'
import type { PeerOptions, RiggedPeer, World } from '../../sim/world.ts'
import { claimIn, openJournal } from '../groups/journal.ts'
import type { StoreTools } from '../groups/owner-tools.ts'
import { openOwner, type OwnerAsked } from '../open-owner.ts'
import { createLines } from '../people/lines.ts'
import { createRepairNews } from '../roll/tell-repair.ts'
import { openLocalVault, type EntryChange, type LocalVault } from '../vault/local-vault.ts'
import { folder, idOf } from '../vault/shared-vault.rig.ts'
import type { OwnerKeyring } from '../vault/owner.ts'
import { findVault, type FoundVault } from './find-vault.ts'
import { openPublishing, type Publishing } from './publish-vault.ts'

const words = makeWords(new Uint8Array(16).fill(7))
/** The keys that the twelve words of the rig give. */
export const keys = ownerKeysOf(words)
/** Three pieces of eight rebuild a layer. */
export const policy = parsePolicy({ code: [{ holders: 8, k: 3, n: 8 }] })

export const SECOND = 1_000
/** Who is away for 15 s is lost here, so that 52 s are the seven days. */
export const quick = parsePolicy({
  code: [{ holders: 8, k: 3, n: 8 }],
  presence: { beaconMs: 5 * SECOND, lostAfterMs: 15 * SECOND },
  guardian: { scanMs: 20 * SECOND, rankDelayMs: SECOND, claimMs: 60 * SECOND, bytesPerSecond: 1024 * 1024 },
  trash: { holderMs: 5 * SECOND, ownerMs: 60 * SECOND },
})

/** A whole peer with a vault, whose words are those of the rig. */
export interface VaultDevice {
  readonly rigged: RiggedPeer
  readonly vault: LocalVault
  /** What the rest of its owner's half is opened with. */
  readonly asked: OwnerAsked
  readonly signal: AbortSignal
  publish(isVisible?: () => boolean): Publishing
  /** Ends it like a killed process. */
  kill(): void
}

/** Starts a peer of the world that keeps nothing for others, and opens the vault on its disk beside it. */
export async function startDevice(world: World, name: string, options: PeerOptions = {}): Promise<VaultDevice> {
  const given: { asked?: OwnerAsked } = {}
  const late = {
    ...unpublished,
    loadOwner: async () => ({
      openOwner: (asked: OwnerAsked, signal: AbortSignal) => {
        given.asked = asked
        return openOwner(asked, signal)
      },
    }),
  }
  const rigged = await world.start(name, { offerBytes: 0, late, ...options })
  const { asked } = given
  if (asked === undefined) throw new Error('the owner is opened with the peer')
  const { parts, people, known, holder } = asked
  const device = parts.random.bytes(16)
  const owner = { words, keys, device }
  const keyring: OwnerKeyring = { known: async () => owner, ensure: async () => owner }
  const vault = await world.run(openLocalVault(parts, keyring))
  const ending = new AbortController()
  const { signal } = ending
  const journal = await world.run(openJournal(parts))
  const tools: StoreTools = {
    parts,
    people,
    journal,
    vault,
    keyring,
    changes: asked.changes,
    lines: createLines(parts, people, signal),
    limiter: createLimiter(3),
    isPartner: (peer) => holder.keptFor(peer) > 0,
    refusedUntil: new Map(),
    busyRepairing: new Set(),
    repairs: { isUnderWay: () => false },
    repairNews: createRepairNews(parts, people, { roll: journal.roll, claim: claimIn(journal) }, signal),
    known,
    patient: known,
  }
  return {
    rigged,
    vault,
    asked,
    signal,
    publish: (isVisible = () => true) => openPublishing(tools, isVisible, signal),
    kill() {
      world.kill(rigged)
      ending.abort(new Error('killed'))
    },
  }
}

/** Returns so many new folders at the top. */
export function folders(count: number, first = 0): readonly EntryChange[] {
  return Array.from({ length: count }, (_, at) => ({ ...folder(0, `folder ${first + at}`), id: folderId(first + at) }))
}

/** Returns the change that gives folder number `at` another name. */
export function renamed(at: number, name: string): EntryChange {
  return { id: folderId(at), fields: { name } }
}

/** Waits until eight people have all of it. */
export async function whole(world: World, { vault }: VaultDevice, publishing: Publishing): Promise<void> {
  const at = world.clock.now()
  await world.until(() => publishing.published().people === 8 && (publishing.published().at ?? 0) > at && !vault.told().isToList)
}

/** Finds the vault by its words, and puts it into that of a device. */
export async function takeFound(world: World, { asked: { parts, people }, vault, signal }: VaultDevice): Promise<FoundVault> {
  const found = await world.run(findVault(parts, people, keys, { signal }))
  await world.run(vault.take(found.log, found.fetchLayer))
  return found
}

function folderId(at: number) {
  return idOf(at & 255, 9, at >> 8)
}
