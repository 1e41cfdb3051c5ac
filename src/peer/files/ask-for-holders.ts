import type { OwnGroup } from '../groups/own-group.ts'
import type { OwnNews } from '../groups/own-news.ts'
import type { StoreTools } from '../groups/owner-tools.ts'
import { fileHealth } from './file-health.ts'
import type { OwnFiles } from './own-files.ts'

const LOOK_EVERY_MS = 60_000
/** Time after which the next holder of a group that lacks people is asked. */
const ASK_AGAIN_MS = 3_600_000

/**
 * Asks holders of stored files of which fewer than m pieces are with people who are here who else keeps them: others may have repaired
 * them. Runs until `signal` aborts.
 */
export async function askForHolders(tools: StoreTools, own: OwnFiles, news: OwnNews, signal: AbortSignal): Promise<never> {
  const { parts, people } = tools
  const asked = new WeakMap<OwnGroup, { readonly at: number; readonly times: number }>()
  for (;;) {
    await people.settled(signal)
    const now = parts.clock.now()
    for (const content of own.contents()) {
      if (!content.note.isStored || content.code === undefined) continue
      const { here, isChecking } = fileHealth(content, people, now)
      if (isChecking || here >= content.code.m) continue
      for (const group of content.groups) {
        const { at, times } = asked.get(group) ?? { at: -Infinity, times: 0 }
        const near = group.roll.holders().filter((peer) => people.isHere(peer))
        const peer = near[times % near.length]
        if (at + ASK_AGAIN_MS > now || peer === undefined) continue
        asked.set(group, { at: now, times: times + 1 })
        await news.ask(group, peer)
      }
    }
    await parts.clock.wait(LOOK_EVERY_MS, { signal })
  }
}
