import { parseLinkFragment } from '../core/link.ts'
import type { TabChannel } from '../ports/tab-channel.ts'
import type { OpenedLink, Peer } from './api.ts'
import { createChanges } from './changes.ts'
import { followPeer, type FollowedPeer } from './follow-peer.ts'
import { serveTabs } from './serve-tabs.ts'

/** How a profile's tabs share one node. */
export interface SharedPeerParts {
  readonly channel: TabChannel
  /** Resolves when this tab may run the node; calls `onWaiting` when another one runs it now. */
  readonly lead: (onWaiting: () => void) => Promise<void>
  readonly start: () => Promise<Peer>
}

/** Returns this profile's peer: run here, or shown from the tab that runs it and taken over when that one goes. */
export async function createSharedPeer({ channel, lead, start }: SharedPeerParts): Promise<Peer> {
  let sayWaiting: (() => void) | undefined
  const isWaiting = new Promise<'waits'>((resolve) => (sayWaiting = () => resolve('waits')))
  const leading = lead(() => sayWaiting?.())
  const run = async (): Promise<Peer> => {
    const peer = await start()
    const stopServing = serveTabs(peer, channel)
    return {
      ...peer,
      async close() {
        stopServing()
        await peer.close()
      },
    }
  }
  const started = leading.then(run)
  if ((await Promise.race([isWaiting, leading])) !== 'waits') return started
  const followed = await Promise.race([followPeer(channel), started])
  return 'leave' in followed ? switchOver(followed as FollowedPeer, started) : followed
}

/** Returns a peer that is `followed` until `started` resolves; open links move over by themselves. */
function switchOver(followed: FollowedPeer, started: Promise<Peer>): Peer {
  const changes = createChanges()
  const moves = createChanges()
  let current: Peer = followed
  let stopWatching = followed.watch(changes.tell)
  void started.then((peer) => {
    stopWatching()
    followed.leave()
    current = peer
    stopWatching = peer.watch(changes.tell)
    moves.tell()
    changes.tell()
  })
  const openLink = (fragment: string): OpenedLink => {
    parseLinkFragment(fragment)
    const linkChanges = createChanges()
    let link = current.openLink(fragment)
    let stopLink = link.watch(linkChanges.tell)
    const stopMoves = moves.watch(() => {
      stopLink()
      link = current.openLink(fragment)
      stopLink = link.watch(linkChanges.tell)
      linkChanges.tell()
    })
    return {
      snapshot: () => link.snapshot(),
      watch: (listener) => linkChanges.watch(listener),
      file: (options) => link.file(options),
      close() {
        stopMoves()
        stopLink()
        link.close()
      },
    }
  }
  return {
    snapshot: () => current.snapshot(),
    watch: (listener) => changes.watch(listener),
    storeFiles: (files) => current.storeFiles(files),
    pause: (id) => current.pause(id),
    resume: (id) => current.resume(id),
    cancel: (id) => current.cancel(id),
    retry: (id) => current.retry(id),
    freeCopy: (id) => current.freeCopy(id),
    remove: (id) => current.remove(id),
    openFile: (id) => current.openFile(id),
    keepers: (id) => current.keepers(id),
    share: (id) => current.share(id),
    stopSharing: (id) => current.stopSharing(id),
    openLink,
    setOffer: (offer) => current.setOffer(offer),
    recoveryWords: () => current.recoveryWords(),
    addRelay: (address) => current.addRelay(address),
    forgetDevice: () => current.forgetDevice(),
    kept: () => current.kept(),
    close: () => current.close(),
  }
}
