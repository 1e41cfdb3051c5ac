import { hex, type Bytes } from '../../core/bytes.ts'
import { drawSome } from '../../core/draw-some.ts'
import { ignoreKnownErrors } from '../../core/errors.ts'
import type { PeerId } from '../../core/ids.ts'
import { isCovered } from '../../core/vault/frontier.ts'
import { MAX_FLOORS, MAX_SLOTS, type CheckedLogEntry } from '../../core/vault/log-entry.ts'
import { mapLimited } from '../../flow/map-limited.ts'
import { createTurn } from '../../flow/turns.ts'
import { getLog, putLog, type Floor } from '../../protocol/log/ask-log.ts'
import { refusalOf } from '../../protocol/refusal.ts'
import type { KnownGroup } from '../fetching/locate-group.ts'
import { saidHolders, type OwnGroup } from '../groups/own-group.ts'
import type { StoreTools } from '../groups/owner-tools.ts'
import type { LocalVault } from '../vault/local-vault.ts'
import type { FetchLayer } from '../vault/take-log.ts'
import type { VaultNews } from '../vault/vault-news.ts'

/** What goes between this device and the people who keep the vault's log. */
export interface LogLines {
  /** Asks so many of them for what this device has not, takes it, and learns what they have. Resolves with how many answered. */
  look(people: number): Promise<number>
  /** Sends what this device has to those it sends to. Resolves with whether it did not fit with one of them above the floors. */
  send(): Promise<boolean>
  /** Sends what this device has to other devices of its owner that are here, but for what came from them. SPEC LOG6. */
  tell(devices: readonly PeerId[]): Promise<void>
  /** Takes what another device of the owner sent. */
  hear(device: PeerId, entries: readonly Bytes[]): Promise<void>
  /** Returns the number of people who have all that this device has, as far as it knows. */
  having(): number
}

/** People that an edit is sent to, from whom the others have it; side by side. SPEC LOG5. */
const [SENT_TO, AT_ONCE] = [8, 4]

/**
 * Returns the lines to the people who keep the vault's group.
 * @throws from its methods what this device's disk throws; `signal.reason`
 * Source: protocol SPEC.md LOG5.
 */
export function createLogLines(
  { parts, people }: StoreTools,
  vault: LocalVault,
  { group, known }: { readonly group: OwnGroup; readonly known: KnownGroup },
  fetchLayer: FetchLayer,
  signal: AbortSignal,
): LogLines {
  const { network, clock, random } = parts
  /** The entries that each of them is known to have, of those that no list covers. */
  const hadBy = new Map<PeerId, ReadonlySet<string>>()
  /** The entries that went to other devices of the owner, or came from them. */
  const sharedWith = new Map<PeerId, Set<string>>()
  const inTurn = createTurn()
  const draw = (): number => (random.bytes(1)[0] ?? 0) / 256

  /** Returns the keepers of the group that can be asked, those that were asked before, then those near, first. */
  const keepers = (count: number): readonly PeerId[] => {
    const able = [...new Set([...saidHolders(group), ...known.evidence.holders()])].filter(
      (peer) => peer !== network.self && people.isReachable(peer) && (people.known(peer)?.lies ?? 0) === 0,
    )
    const rank = (peer: PeerId): number => (hadBy.has(peer) ? 0 : 2) + (people.known(peer)?.isNear === true ? 0 : 1)
    return drawSome(able, able.length, draw)
      .toSorted((a, b) => rank(a) - rank(b))
      .slice(0, count)
  }
  const asking = (peer: PeerId) => ({ signal, hops: people.of(peer).hops })

  /** Learns what the person has, and takes what is new. */
  const ask = async (peer: PeerId): Promise<void> => {
    const news = vault.told()
    const have = allButLast(news)
    const theirs = await getLog(network, clock, peer, group.groupId, have, asking(peer))
    const given = new Set(theirs.map(hex))
    const floors = new Map(have)
    const tips = news.entries.filter(({ slot, seq }) => !isCovered(floors, slot, seq))
    // Chains are kept whole: who has the last entry has those before it.
    const hasAll = tips.every(({ bytes }) => given.has(hex(bytes)))
    hadBy.set(peer, new Set((hasAll ? news.entries : tips.filter(({ bytes }) => given.has(hex(bytes)))).map(nameOf)))
    // What one answer brought is not fetched again for the next.
    await inTurn(() => vault.take(theirs, fetchLayer))
  }
  /** Returns what is shared with a device of the owner, without what a list covers by now. */
  const sharedSince = (device: PeerId): Set<string> => {
    const names = new Set(vault.told().entries.map(nameOf))
    const shared = new Set([...(sharedWith.get(device) ?? [])].filter((name) => names.has(name)))
    sharedWith.set(device, shared)
    return shared
  }
  /** Runs `work` with a person who may refuse or be gone. Resolves with whether that went well. */
  const tried = async (peer: PeerId, work: () => Promise<void>, onFailed: (error: unknown) => void = () => undefined): Promise<boolean> => {
    try {
      await work()
      return true
    } catch (error) {
      signal.throwIfAborted()
      ignoreKnownErrors(error)
      hadBy.delete(peer)
      if (refusalOf(error) === 'UNKNOWN') known.evidence.say(peer, undefined)
      onFailed(error)
      return false
    }
  }

  return {
    async look(count) {
      // Everybody in turn, whoever was asked before.
      const drawn = drawSome(keepers(2 * SENT_TO), count, draw)
      const answers = await mapLimited(drawn, AT_ONCE, (peer) => tried(peer, () => ask(peer)))
      return answers.filter(Boolean).length
    },
    async send() {
      if (vault.told().entries.length === 0) return false
      let isFull = false
      await mapLimited(keepers(SENT_TO), AT_ONCE, (peer) =>
        tried(
          peer,
          async () => {
            if (!hadBy.has(peer)) await ask(peer)
            const { entries } = vault.told()
            const had = hadBy.get(peer)
            const missing = entries.filter((entry) => had?.has(nameOf(entry)) !== true).map(({ bytes }) => bytes)
            if (missing.length > 0) await putLog(network, clock, peer, group.groupId, missing, asking(peer))
            hadBy.set(peer, new Set(entries.map(nameOf)))
          },
          (error) => (isFull ||= refusalOf(error) === 'FULL'),
        ),
      )
      return isFull
    },
    async tell(devices) {
      await mapLimited(devices, AT_ONCE, (device) =>
        tried(device, async () => {
          const shared = sharedSince(device)
          const missing = vault.told().entries.filter((entry) => !shared.has(nameOf(entry)))
          if (missing.length === 0) return
          const bytes = missing.map((entry) => entry.bytes)
          await putLog(network, clock, device, group.groupId, bytes, asking(device))
          for (const entry of missing) shared.add(nameOf(entry))
        }),
      )
    },
    async hear(device, entries) {
      await inTurn(() => vault.take(entries, fetchLayer))
      const shared = sharedSince(device)
      const given = new Set(entries.map(hex))
      for (const entry of vault.told().entries) if (given.has(hex(entry.bytes))) shared.add(nameOf(entry))
    },
    having() {
      const { entries } = vault.told()
      if (entries.length === 0) return 0
      return [...hadBy].filter(([peer, had]) => people.isReachable(peer) && entries.every((entry) => had.has(nameOf(entry)))).length
    },
  }
}

/**
 * Returns how far this device has the chains, without the last entry of each: the answer shows whether the person has these.
 * SPEC LOG5.
 */
function allButLast({ entries, floors, frontier }: VaultNews): readonly Floor[] {
  const inUse = [...new Set(entries.map(({ slot }) => slot))].slice(0, MAX_SLOTS)
  const rows = new Map([...floors].slice(0, MAX_FLOORS))
  for (const slot of inUse) {
    const before = (frontier.get(slot) ?? -1) - 1
    if (before > (floors.get(slot) ?? -1)) rows.set(slot, before)
  }
  return [...rows]
}

function nameOf({ digest }: CheckedLogEntry): string {
  return hex(digest)
}
