import { drawSome } from '../../core/draw-some.ts'
import type { PeerId } from '../../core/ids.ts'
import type { Random } from '../../ports/random.ts'
import type { OwnGroup } from '../groups/own-group.ts'
import type { OwnNews } from '../groups/own-news.ts'
import type { StoreTools } from '../groups/owner-tools.ts'
import type { RollHolder } from '../roll/roll.ts'
import { contentHealth } from '../storing/content-health.ts'
import type { OwnFiles } from './own-files.ts'

const LOOK_EVERY_MS = 60_000
/** Time after which the next holder of a group that lacks people is asked. */
const ASK_AGAIN_MS = 3_600_000

/**
 * Asks holders of stored files of which fewer than m pieces are with people who are here who else keeps them: others may have repaired
 * them. Runs until `signal` aborts.
 */
export async function askForHolders(tools: StoreTools, own: OwnFiles, news: OwnNews, signal: AbortSignal): Promise<never> {
  const { parts, people, changes } = tools
  const askedAt = new WeakMap<OwnGroup, number>()
  for (;;) {
    await people.settled(signal)
    const now = parts.clock.now()
    for (const content of own.contents()) {
      if (!content.note.isStored || content.code === undefined) continue
      const { here, isChecking } = contentHealth(content, tools, now)
      if (isChecking || here >= content.code.m) continue
      for (const group of content.groups) {
        if ((askedAt.get(group) ?? -Infinity) + ASK_AGAIN_MS > now) continue
        const peer = drawHolder(
          group.roll.all().filter(({ holder }) => people.isHere(holder)),
          parts.random,
        )
        if (peer === undefined) continue
        askedAt.set(group, now)
        await news.ask(group, peer)
      }
    }
    // A device that owns nothing does not wake for it.
    await (own.contents().length === 0 ? changes.next(signal) : parts.clock.wait(LOOK_EVERY_MS, { signal }))
  }
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
