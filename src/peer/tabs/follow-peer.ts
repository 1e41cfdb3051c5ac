import { HoardError, codeOf } from '../../core/errors.ts'
import type { TabChannel } from '../../ports/tab-channel.ts'
import { raceSignal } from '../../flow/deadline.ts'
import type { LinkView, OpenedFile, OpenedLink, ReadPace } from '../api/link-view.ts'
import type { Peer, PeerSnapshot } from '../api/peer.ts'
import { createChanges } from '../../flow/changes.ts'
import { troubleOf } from '../api/trouble.ts'
import { passOn } from '../api/plain-calls.ts'
import { readTabMessage, unpackError, type TabMessage } from './tab-messages.ts'
import { withNews, type News, type Seen } from './tab-news.ts'

/** A peer that another tab runs. `leave` fails the calls that wait for it, and every later one at once. */
export interface FollowedPeer extends Peer {
  /** Calls `listener` when yet another tab has taken over and the calls to the former one have failed. Returns how to stop. */
  watchMoves(listener: () => void): () => void
  leave(): void
}

const firstLook: LinkView = {
  is: 'opening',
  status: 'Waiting for people',
  meter: { value: 0, max: 0, needed: 0, pieces: [] },
  explanation: { is: 'none' },
}

/** Shows the peer of the tab that runs this profile's node and passes calls on to it. Resolves with its first snapshot. */
export async function followPeer(channel: TabChannel): Promise<FollowedPeer> {
  const changes = createChanges()
  const moves = createChanges()
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  const viewByHandle = new Map<string, (view: LinkView) => void>()
  const paceByFile = new Map<string, ReadPace>()
  let counter = 0
  let isLeft = false
  let resolveFirst: ((snapshot: PeerSnapshot) => void) | undefined
  let latest: Seen | undefined
  let snapshot: PeerSnapshot | undefined
  /** The newest count heard of, even if the news with it was missed. */
  let heardAt = 0
  let isAsking = false
  const first = new Promise<PeerSnapshot>((resolve) => (resolveFirst = resolve))
  /** The tab that was last heard to begin to run the node, and the last call before that: no other will answer it, or any before. */
  let begun = { leader: '', after: 0 }
  const show = (seen: Seen): void => {
    const isMoved = latest !== undefined && latest.leader !== seen.leader
    latest = seen
    snapshot = { ...seen.snapshot, isElsewhere: true }
    if (isMoved) {
      heardAt = seen.at
      failUpTo(begun.leader === seen.leader ? begun.after : counter)
      moves.tell()
    }
    if (seen.at < heardAt) askForAll()
    resolveFirst?.(snapshot)
    changes.tell()
  }
  const hearNews = (news: News): void => {
    const seen = withNews(latest, news)
    heardAt = news.at
    if (seen !== undefined) show(seen)
    else askForAll()
  }
  const askForAll = (): void => {
    if (isAsking) return
    isAsking = true
    ask('hello', '').then(
      (seen) => {
        isAsking = false
        const whole = readTabMessage(Object.assign({ to: 'all' }, seen))
        if (whole !== undefined && 'snapshot' in whole) show(whole)
      },
      () => (isAsking = false),
    )
  }
  const failUpTo = (last: number): void => {
    for (const [id, { reject }] of [...waiting]) {
      if (id > last) continue
      waiting.delete(id)
      reject(gone())
    }
  }

  const hear = (received: unknown): void => {
    const message = readTabMessage(received)
    if (message === undefined) return
    if ('snapshot' in message) show(message)
    if ('begins' in message) {
      begun = { leader: message.leader, after: counter }
      isAsking = false
      askForAll()
    }
    if ('news' in message) hearNews(message.news)
    if (message.to !== channel.self) return
    if ('view' in message) viewByHandle.get(message.handle)?.(message.view)
    if ('pace' in message) paceByFile.set(message.handle, message.pace)
    if (!('id' in message) || 'call' in message) return
    const asked = waiting.get(message.id)
    waiting.delete(message.id)
    if ('error' in message) asked?.reject(unpackError(message.error))
    else asked?.resolve(message.value)
  }
  const stopListening = channel.listen(hear)
  const ask = (call: string, ...args: readonly unknown[]): Promise<never> =>
    new Promise((resolve, reject) => {
      if (isLeft) return reject(gone())
      const id = ++counter
      waiting.set(id, { resolve: resolve as (value: unknown) => void, reject })
      channel.post({ to: 'leader', from: channel.self, id, call, args } satisfies TabMessage)
    })
  const newHandle = (): string => `${channel.self}/${++counter}`

  const toFile = (file: string, facts: { readonly name: string; readonly type: string; readonly size: number }): OpenedFile => ({
    ...facts,
    pace: () => paceByFile.get(file) ?? { bytesPerSecond: 0, limit: undefined },
    async *read(range = { start: 0, end: facts.size }, { signal } = {}) {
      signal?.throwIfAborted()
      const handle = newHandle()
      await ask('read', handle, file, range.start, range.end)
      try {
        for (;;) {
          const bytes: Uint8Array | undefined = await raceSignal(ask('next', handle), signal)
          if (bytes === undefined) return
          yield bytes
        }
      } finally {
        paceByFile.delete(file)
        void ask('close', handle).catch(() => undefined)
      }
    },
  })

  askForAll()
  channel.onEnd(() => void ask('bye', '').catch(() => undefined))
  await first
  return {
    snapshot: () => snapshot as PeerSnapshot,
    watch: (listener) => changes.watch(listener),
    watchMoves: (listener) => moves.watch(listener),
    ...passOn((name, args) => ask(name, ...args)),
    async openFile(id, versionId) {
      const handle = newHandle()
      return toFile(handle, await ask('openFile', handle, id, versionId))
    },
    openLink(fragment) {
      const handle = newHandle()
      const viewChanges = createChanges()
      let view = firstLook
      viewByHandle.set(handle, (seen) => {
        view = seen
        viewChanges.tell()
      })
      let opening: Promise<unknown> = Promise.resolve()
      const open = (): void => {
        const asked: Promise<unknown> = ask('openLink', handle, fragment)
        opening = asked
        asked.catch((error: unknown) => {
          // The next tab that takes over is asked again.
          if (opening !== asked || codeOf(error) === 'stream-closed') return
          view = { ...view, is: 'failed', explanation: { is: 'trouble', trouble: troubleOf(error) } }
          viewChanges.tell()
        })
      }
      open()
      const stopMoves = moves.watch(open)
      return {
        snapshot: () => view,
        watch: (listener) => viewChanges.watch(listener),
        file: async ({ signal } = {}) => {
          const facts = opening.then(() => ask('linkFile', handle))
          return toFile(handle, await raceSignal(facts, signal))
        },
        close() {
          stopMoves()
          viewByHandle.delete(handle)
          void ask('close', handle).catch(() => undefined)
        },
      } satisfies OpenedLink
    },
    forgetDevice: () => Promise.reject(new HoardError('storage-unavailable', { reason: 'another tab runs the node' })),
    close: async () => undefined,
    leave() {
      isLeft = true
      stopListening()
      failUpTo(counter)
    },
  }
}

function gone(): HoardError {
  return new HoardError('stream-closed', { reason: 'the other tab went' })
}
