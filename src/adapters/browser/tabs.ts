import { hex } from '../../core/bytes.ts'
import type { Random } from '../../ports/random.ts'
import type { TabChannel } from '../../ports/tab-channel.ts'

const NAME = 'scatterhoard'

/** Opens the channel of this origin and profile. */
export function createTabChannel(random: Random): TabChannel {
  const channel = new BroadcastChannel(NAME)
  return {
    self: hex(random.bytes(8)),
    post: (message) => channel.postMessage(message),
    listen(listener) {
      const onMessage = ({ data }: MessageEvent<unknown>): void => listener(data)
      channel.addEventListener('message', onMessage)
      return () => channel.removeEventListener('message', onMessage)
    },
    onEnd: (listener) => window.addEventListener('pagehide', listener),
  }
}

/**
 * Resolves once this tab is the one that runs the profile's node, which it does until it goes or calls the function that this resolves
 * with. Calls `onWaiting` while another tab runs it. Rejects where the browser gives no lock.
 */
export function leadOrFollow(onWaiting: () => void): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const hold = (): Promise<void> => new Promise((release) => resolve(release))
    const take = (lock: Lock | null): Promise<void> | undefined => {
      if (lock !== null) return hold()
      onWaiting()
      navigator.locks.request(NAME, hold).catch(reject)
      return undefined
    }
    navigator.locks.request(NAME, { ifAvailable: true }, take).catch(reject)
  })
}
