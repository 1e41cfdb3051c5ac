import { drawSome } from '../../../core/draw-some.ts'
import type { PeerId } from '../../../core/ids.ts'
import type { Random } from '../../../ports/random.ts'
import { mapLimited } from '../../../flow/map-limited.ts'
import { locateGroup, unknownGroup } from '../../fetching/locate-group.ts'
import type { OwnGroup } from '../../groups/own-group.ts'
import type { OwnNews } from '../../groups/own-news.ts'
import type { StoreTools } from '../../groups/owner-tools.ts'
import type { RollHolder } from '../../roll/roll.ts'
import { contentHealth } from '../../storing/content-health.ts'
import { isUnsought } from '../../storing/content.ts'
import type { OwnFiles } from '../own-files.ts'

const LOOK_EVERY_MS = 60_000
/** Time after which the next holder of a group that lacks people is asked. */
const ASK_AGAIN_MS = 3_600_000
/** Longest time after which strangers are looked for again; groups looked for side by side; people of one who are asked who else keeps it. */
const [SEEK_AGAIN_AT_MOST_MS, SOUGHT_AT_ONCE, ASKED_OF_FOUND] = [24 * ASK_AGAIN_MS, 6, 3]

/**
 * Asks holders of stored files of which fewer than m pieces are with people who are here who else keeps them: others may have repaired
 * them. Where fewer than k pieces count and nobody is here of whom one was read, all of them may have been replaced: the group is looked for as a
 * reader does. Runs until `signal` aborts.
 * Source: protocol SPEC.md GRO5, GRO9.
 */
export async function askForHolders(tools: StoreTools, own: OwnFiles, news: OwnNews, signal: AbortSignal): Promise<never> {
  const { parts, people, changes } = tools
  const askedAt = new WeakMap<OwnGroup, number>()
  const seeks = new WeakMap<OwnGroup, { readonly nextAt: number; readonly waitMs: number }>()
  for (;;) {
    await people.settled(signal)
    const now = parts.clock.now()
    const sought: OwnGroup[] = []
    for (const content of own.contents()) {
      if (!content.note.isStored || content.code === undefined || isUnsought(content)) continue
      const { here, known, isChecking } = contentHealth(content, tools, now)
      if (isChecking || here >= content.code.m) continue
      for (const group of content.groups) {
        const holders = group.roll.all().filter(({ holder }) => people.isHere(holder))
        const isLostSight = known < content.code.k && people.here().length > 0 && !holders.some(({ isChecked }) => isChecked)
        const { nextAt, waitMs } = seeks.get(group) ?? { nextAt: now, waitMs: ASK_AGAIN_MS }
        if (isLostSight && nextAt <= now) {
          seeks.set(group, { nextAt: now + waitMs, waitMs: Math.min(2 * waitMs, SEEK_AGAIN_AT_MOST_MS) })
          sought.push(group)
        }
        if ((askedAt.get(group) ?? -Infinity) + ASK_AGAIN_MS > now) continue
        const peer = drawHolder(holders, parts.random)
        if (peer === undefined) continue
        askedAt.set(group, now)
        await news.ask(group, peer)
      }
    }
    await mapLimited(sought, SOUGHT_AT_ONCE, (group) => seek(tools, group, news, signal))
    // A device that owns nothing does not wake for it.
    await (own.contents().length === 0 ? changes.next(signal) : parts.clock.wait(LOOK_EVERY_MS, { signal }))
  }
}

/** Looks for people who keep something of the group, and asks some of those who say so who else does. */
async function seek({ parts, people }: StoreTools, group: OwnGroup, news: OwnNews, signal: AbortSignal): Promise<void> {
  const found = unknownGroup(group.groupId, parts.clock)
  await locateGroup(parts, people, found, { signal })
  const draw = (): number => (parts.random.bytes(1)[0] ?? 0) / 256
  for (const peer of drawSome(found.evidence.holders(), ASKED_OF_FOUND, draw)) await news.ask(group, peer)
}

/**
 * Returns one of the holders at random, so that one that tells nothing does not keep the others from being asked: one of whom a piece was
 * read while there is any. Undefined when there are none.
 */
export function drawHolder(holders: readonly Pick<RollHolder, 'holder' | 'isChecked'>[], random: Random): PeerId | undefined {
  const checked = holders.filter(({ isChecked }) => isChecked)
  const [drawn] = drawSome(checked.length > 0 ? checked : holders, 1, () => (random.bytes(1)[0] ?? 0) / 256)
  return drawn?.holder
}
