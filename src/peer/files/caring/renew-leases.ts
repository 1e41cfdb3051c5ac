import { codeOf, ignoreKnownErrors, isDeviceFault } from '../../../core/errors.ts'
import { drawSome } from '../../../core/draw-some.ts'
import type { PeerId } from '../../../core/ids.ts'
import { mapLimited } from '../../../flow/map-limited.ts'
import { tell } from '../../../protocol/group.ts'
import { isOpenable, saidHolders, type OwnGroup } from '../../groups/own-group.ts'
import { isRenewalDue, noteAsked, renewCharter } from '../../groups/own-papers.ts'
import type { OwnNews } from '../../groups/own-news.ts'
import type { StoreTools } from '../../groups/owner-tools.ts'
import type { OwnFiles } from '../own-files.ts'

/** Holders of a group that are told its new charter, from whom the others have it; most that are asked for it; groups side by side. */
const [TOLD, ASKED_AT_MOST, AT_ONCE] = [3, 8, 6]
/** Longest time between two looks at what is due, and while something is due for which nobody was there. */
const [LOOK_EVERY_MS, TRY_EVERY_MS] = [3_600_000, 300_000]

/**
 * Asks the people who keep stored files and links to keep them for another term, once a charter is older than `lease.renewAfterMs`: at the
 * start and from then on. Each new charter goes to three holders, and by comparing to the others. Runs until `signal` aborts.
 * Source: core SPEC.md CHA6.
 */
export async function renewLeases(tools: StoreTools, own: OwnFiles, news: Pick<OwnNews, 'ask'>, signal: AbortSignal): Promise<never> {
  const { parts, people } = tools
  const { clock, policy } = parts
  for (;;) {
    await people.settled(signal)
    const due = dueGroups(tools, own)
    // What ends soonest is asked for first.
    await mapLimited(
      due.toSorted((a, b) => a.note.until - b.note.until),
      AT_ONCE,
      (group) => renew(tools, group, news, signal),
    )
    const isDone = due.length === 0 || dueGroups(tools, own).length === 0
    await clock.wait(Math.min(isDone ? LOOK_EVERY_MS : TRY_EVERY_MS, policy.lease.renewAfterMs), { signal })
  }
}

/** Returns the groups whose charter is to be renewed, or was and reached nobody. */
function dueGroups({ parts, people }: StoreTools, own: OwnFiles): readonly OwnGroup[] {
  const now = people.papers.now()
  const ofContents = own.contents().flatMap(({ note, groups }) => (note.isStored ? groups : []))
  return [...ofContents, ...own.all().flatMap(({ link }) => link ?? [])].filter(
    (group) => isOpenable(group) && (isRenewalDue(group, parts.policy, now) || group.note.askedUntil !== undefined),
  )
}

/** Renews the charter of the group if that is due, and tells it to holders; the next look goes on where none can be told. */
async function renew(tools: StoreTools, group: OwnGroup, news: Pick<OwnNews, 'ask'>, signal: AbortSignal): Promise<void> {
  const { parts, people, journal, changes } = tools
  const holders = holdersToTell(tools, group)
  if (holders.length === 0) return
  try {
    await renewCharter(journal, group, parts.policy, people.papers.now())
    const { seq, charter } = group.note
    let told = 0
    for (const peer of holders) {
      if (told === TOLD || !isOpenable(group)) return
      if (!(await tellCharter(tools, peer, charter, signal))) continue
      // What it keeps could not be looked at while the group was over.
      if (group.roll.find(peer)?.isChecked !== true) await news.ask(group, peer)
      if (told++ > 0) continue
      await noteAsked(journal, group, seq)
      changes.tell()
    }
  } catch (error) {
    signal.throwIfAborted()
    // What cannot be written now is written by a later look.
    ignoreKnownErrors(error)
  }
}

/** Returns holders of the group that can be told, those near first, in random order. */
function holdersToTell({ parts, people }: StoreTools, group: OwnGroup): readonly PeerId[] {
  const draw = (): number => (parts.random.bytes(1)[0] ?? 0) / 256
  const holders = saidHolders(group)
  const near = drawSome(
    holders.filter((peer) => people.known(peer)?.isNear === true),
    ASKED_AT_MOST,
    draw,
  )
  const others = holders.filter((peer) => !near.includes(peer) && people.isReachable(peer))
  return [...near, ...drawSome(others, ASKED_AT_MOST - near.length, draw)]
}

/** Resolves with whether the holder took the charter. Throws what this device lacks; `signal.reason`. */
async function tellCharter({ parts, people }: StoreTools, peer: PeerId, charter: Uint8Array, signal: AbortSignal): Promise<boolean> {
  try {
    await tell(parts.network, parts.clock, peer, { charter, claims: [] }, { signal, hops: people.of(peer).hops })
    return true
  } catch (error) {
    signal.throwIfAborted()
    if (codeOf(error) === undefined || isDeviceFault(error)) throw error
    people.papers.noteRefusal(peer, error)
    return false
  }
}
