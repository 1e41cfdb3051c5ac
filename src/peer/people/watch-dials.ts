import { HoardError } from '../../core/errors.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Network } from '../../ports/network.ts'
import { askForPeers } from '../../protocol/peers.ts'
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

/** Returns a function that tells whether any of `introducers` answers now; those who ask at once share the answer. */
export function createOnlineCheck(
  { network, clock }: { readonly network: Network; readonly clock: Clock },
  introducers: () => readonly PeerId[],
  signal: AbortSignal,
): () => Promise<boolean> {
  let asking: Promise<boolean> | undefined
  return () =>
    (asking ??= Promise.any(introducers().map((peer) => askForPeers(network, clock, peer, 1, { signal })))
      .then(
        () => true,
        () => false,
      )
      .finally(() => (asking = undefined)))
}
