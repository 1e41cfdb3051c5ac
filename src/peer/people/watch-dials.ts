import { HoardError } from '../../core/errors.ts'
import type { Network } from '../../ports/network.ts'
import type { PeerId } from '../../core/ids.ts'

/** Returns `network`, which calls `onUnreachable` for every peer that was dialled in vain. */
export function watchDials(network: Network, onUnreachable: (peer: PeerId) => void): Network {
  return {
    ...network,
    async open(peer, protocol, options) {
      try {
        return await network.open(peer, protocol, options)
      } catch (error) {
        // A dial that was put off says nothing new.
        const isTried = error instanceof HoardError && error.code === 'peer-unreachable' && error.facts['isBackoff'] !== true
        if (isTried) onUnreachable(peer)
        throw error
      }
    },
  }
}
