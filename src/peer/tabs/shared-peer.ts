import { sortDrop } from '../../core/file-limits.ts'
import { shownName } from '../../core/file-name.ts'
import { readLink } from '../../core/link-text.ts'
import { linkFragment } from '../../core/link.ts'
import type { Clock } from '../../ports/clock.ts'
import type { TabChannel } from '../../ports/tab-channel.ts'
import type { DroppedFile, Peer, StoreOptions } from '../api/peer.ts'
import type { OpenedLink } from '../api/link-view.ts'
import type { TroubleView } from '../api/file-view.ts'
import { createChanges } from '../../flow/changes.ts'
import { callPlain, passOn } from '../api/plain-calls.ts'
import { followPeer, type FollowedPeer } from './follow-peer.ts'
import { openLasting } from './resume-reads.ts'
import { troubleOf } from '../api/trouble.ts'
import { serveTabs } from './serve-tabs.ts'
import { codeOf } from '../../core/errors.ts'

/** The parts with which a profile's tabs share one node. */
export interface SharedPeerParts {
  readonly channel: TabChannel
  /** Resolves when this tab may run the node, with a function that lets another tab; calls `onWaiting` when another one runs it now. */
  readonly lead: (onWaiting: () => void) => Promise<() => void>
  readonly start: () => Promise<Peer>
  readonly clock: Clock
}

const FIRST_RETRY_MS = 1_000
const LAST_RETRY_MS = 30_000

/**
 * Resolves with this profile's peer: run here, or shown from the tab that runs it and taken over when that one goes. A failed take-over is
 * shown in the snapshots and tried again, after any other tab that waits.
 * @throws what `start` throws, when no other tab runs a peer to show
 */
export async function createSharedPeer({ channel, lead, start, clock }: SharedPeerParts): Promise<Peer> {
  let sayWaiting: (() => void) | undefined
  const isWaiting = new Promise<'waits'>((resolve) => (sayWaiting = () => resolve('waits')))
  const leading = lead(() => sayWaiting?.())
  const run = async (release: () => void): Promise<Peer> => {
    const peer = await start().catch((error: unknown) => {
      release()
      throw error
    })
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
  const tryAgain = async (failures: number): Promise<Peer> => {
    await clock.wait(Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures))
    return lead(() => undefined).then(run)
  }
  return 'leave' in followed ? switchOver(followed as FollowedPeer, started, tryAgain) : followed
}

/** A file that this tab has handed to the tab that runs the node: when that one goes, the next needs it from here again. */
interface HandedFile {
  readonly dropped: DroppedFile
  /** Those of the drop that it is of, one object for all of its files. */
  readonly options: StoreOptions
  /** The rows that were there before it: none of them is its own, even under the same name. */
  readonly before: ReadonlySet<string>
  /** The id of its row, once the other tab has told it. */
  id: string | undefined
}

/** Hands those of `files` over again that `peer` asks for or has never had, and notes the ids of their rows. */
async function handAgain(files: readonly HandedFile[], peer: Peer): Promise<void> {
  const rows = peer.snapshot().files
  const taken = new Set(files.map(({ id }) => id))
  const wanted = files.filter((file) => {
    const { name, blob } = file.dropped
    const isNews = (id: string): boolean => !file.before.has(id) && !taken.has(id)
    file.id ??= rows.find((row) => isNews(row.id) && isNameOf(row, name) && row.size === blob.size)?.id
    taken.add(file.id)
    const row = rows.find(({ id }) => id === file.id)
    return file.id === undefined || row?.explanation.is === 'drop-again'
  })
  for (const options of new Set(wanted.map((file) => file.options))) {
    const drop = wanted.filter((file) => file.options === options)
    const ids = await peer.storeFiles(
      drop.map(({ dropped }) => dropped),
      options,
    )
    for (const [at, file] of drop.entries()) file.id = ids[at] ?? ''
  }
}

/** Tells whether a row may be that of a file called `name`: where that name is taken, a number follows it. SPEC VLT19. */
function isNameOf(row: { readonly name: string }, name: string): boolean {
  const shown = shownName(name.normalize('NFC'))
  return row.name === shown || row.name.replace(/ \(\d+\)(?=(?:\.[^.]*)?$)/, '') === shown
}

/** Returns a peer that is `followed` until this tab's own has started; open links then move over by themselves. */
function switchOver(followed: FollowedPeer, started: Promise<Peer>, tryAgain: (failures: number) => Promise<Peer>): Peer {
  const changes = createChanges()
  const moves = createChanges()
  let current: Peer = followed
  let moveCount = 0
  const countMoves = (): number => moveCount
  const handed: HandedFile[] = []
  const onMove = (): void => {
    moveCount++
    const known = handed.filter(({ id }) => id !== undefined)
    void handAgain(known, current).catch(() => undefined)
  }
  const stopFollowing = followed.watchMoves(onMove)
  let trouble: TroubleView | undefined
  let stopWatching = followed.watch(() => {
    // A snapshot has just come, so some tab runs the node.
    trouble = undefined
    changes.tell()
  })
  const takeOver = (starting: Promise<Peer>, failures: number): void => {
    starting.then(become, (error: unknown) => {
      trouble = troubleOf(error)
      changes.tell()
      takeOver(tryAgain(failures), failures + 1)
    })
  }
  const become = (peer: Peer): void => {
    trouble = undefined
    stopWatching()
    stopFollowing()
    current = peer
    onMove()
    followed.leave()
    stopWatching = peer.watch(changes.tell)
    moves.tell()
    changes.tell()
  }
  takeOver(started, 0)
  const openLink = (text: string): OpenedLink => {
    const fragment = linkFragment(readLink(text))
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
      file: (options) => openLasting(countMoves, () => link.file(options)),
      close() {
        stopMoves()
        stopLink()
        link.close()
      },
    }
  }
  return {
    ...passOn((name, args) => callPlain(current, name, args)),
    snapshot: () => (trouble === undefined ? current.snapshot() : { ...current.snapshot(), trouble }),
    watch: (listener) => changes.watch(listener),
    async storeFiles(files, options = {}) {
      if (current !== followed) return current.storeFiles(files, options)
      const before = new Set(followed.snapshot().files.map(({ id }) => id))
      const { taken, refusal } = sortDrop(files)
      const mine = taken.map((dropped): HandedFile => ({ dropped, options, before, id: undefined }))
      try {
        const ids = await followed.storeFiles(taken, options)
        for (const [at, file] of mine.entries()) file.id = ids[at] ?? ''
      } catch (error) {
        // The other tab went before it could say whether it took them.
        if (codeOf(error) !== 'stream-closed') throw error
        await handAgain(mine, current)
      }
      if (current === followed) handed.push(...mine)
      if (refusal !== undefined) throw refusal
      return mine.map(({ id = '' }) => id)
    },
    openFile: (id, versionId) => openLasting(countMoves, () => current.openFile(id, versionId)),
    openLink,
    forgetDevice: () => current.forgetDevice(),
    close: () => current.close(),
  }
}
