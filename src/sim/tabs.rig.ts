import type { Clock } from '../ports/clock.ts'
import type { TabChannel } from '../ports/tab-channel.ts'
import { createSharedPeer, type Peer } from '../peer/index.ts'
import { createWorld, startHolders, type RiggedPeer, type World } from './world.ts'

/** A tab on the channel of its profile. */
export interface RiggedTab {
  readonly channel: TabChannel
  /** Closes the tab: its last message gets out, it hears and sends nothing more, and its lock is free. */
  end(): void
}

/** Tabs of one profile, with a channel that clones messages and a lock that tabs get in the order in which they asked. */
export interface Tabs {
  /** Returns a tab that neither runs nor follows a node yet. */
  join(): RiggedTab
  /** Resolves with a tab that would start its own node with `start`. */
  open(start: () => Promise<Peer>): Promise<RiggedTab & { readonly peer: Peer }>
  /** Posts `message` as a tab of an unknown kind would. */
  shout(message: unknown): void
}

/** Resolves with a profile whose node is in a world of four people, and its tabs. Take-overs wait on the clock of the world. */
export async function openProfile(): Promise<{ readonly world: World; readonly profile: RiggedPeer; readonly tabs: Tabs }> {
  const world = createWorld()
  await startHolders(world, 4)
  const profile = await world.start('profile', { offerBytes: 0 })
  return { world, profile, tabs: createTabs(world.clock) }
}

function createTabs(clock: Clock): Tabs {
  const ears = new Map<string, Set<(message: unknown) => void>>()
  const waiting: (() => void)[] = []
  let isHeld = false
  let count = 0

  const say = (from: string, message: unknown): void => {
    if (from !== '' && !ears.has(from)) return
    const clone: unknown = structuredClone(message)
    for (const [name, listeners] of ears) {
      if (name !== from) for (const listener of listeners) queueMicrotask(() => listener(clone))
    }
  }
  const passOn = (): void => {
    isHeld = false
    waiting.shift()?.()
  }
  const lead = (onWaiting: () => void): Promise<() => void> =>
    new Promise((resolve) => {
      const take = (): void => {
        isHeld = true
        resolve(passOn)
      }
      if (!isHeld) return take()
      onWaiting()
      waiting.push(take)
    })

  const join = (): RiggedTab => {
    const self = `tab ${count++}`
    const listeners = new Set<(message: unknown) => void>()
    const ends = new Set<() => void>()
    ears.set(self, listeners)
    return {
      channel: {
        self,
        post: (message) => say(self, message),
        listen(listener) {
          listeners.add(listener)
          return () => listeners.delete(listener)
        },
        onEnd: (listener) => ends.add(listener),
      },
      end() {
        for (const listener of ends) listener()
        ears.delete(self)
      },
    }
  }
  return {
    join,
    shout: (message) => say('', message),
    async open(start) {
      const { channel, end } = join()
      let isLeading = false
      const noted = async (onWaiting: () => void): Promise<() => void> => {
        const release = await lead(onWaiting)
        isLeading = true
        return () => {
          isLeading = false
          release()
        }
      }
      const peer = await createSharedPeer({ channel, lead: noted, start, clock })
      return {
        peer,
        channel,
        end() {
          end()
          if (isLeading) passOn()
        },
      }
    },
  }
}
