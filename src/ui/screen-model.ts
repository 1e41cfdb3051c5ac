import { needOf, type Need } from '../core/needs.ts'
import type { DroppedFile, FileView, Peer, PeerSnapshot, TroubleView } from '../peer/index.ts'
import type { PageClock, PageMemory } from './surroundings.ts'
import type { Rescue } from './words/rescue-words.ts'
import type { Notices } from './notices.ts'
import { createLeaving } from './leaving.ts'
import { pathOf, trailOf } from './open-folder.ts'
import { joined, queuedRow, stillQueued } from './queued-row.ts'
import * as shellWords from './words/shell-words.ts'
import { sayError, sayTrouble, type Sentences } from './words/words.ts'
import { codeOf, errorFacts } from '../core/errors.ts'

/** A peer's snapshot, without a name and words before the peer has started. */
export type ShownPeer = Omit<PeerSnapshot, 'self' | 'words'> & Partial<Pick<PeerSnapshot, 'self' | 'words'>>

/** A file that was dropped into a folder, into the top without an id. */
export interface DroppedInto extends DroppedFile {
  readonly into?: string
}

/** The view of all screens: the peer's snapshot with the person's latest actions applied. */
export interface ScreenView {
  readonly stage: 'starting' | 'running' | 'failed'
  /** The reason why there is no peer, when `stage` is 'failed' and the browser lacks nothing. */
  readonly trouble?: Sentences
  /** Set when this browser's catalog cannot be trusted: the person chooses what to do. */
  readonly rescue?: Rescue | undefined
  /** Needs that this browser does not meet. */
  readonly missing: readonly Need[]
  readonly peer: ShownPeer
  /** Files of a drop whose names are there already: the person is asked about them. */
  readonly doubles: readonly DroppedInto[]
}

/** The model of the screens, over a peer that may still be starting. */
export interface ScreenModel {
  snapshot(): ScreenView
  watch(listener: () => void): () => void
  readonly peer: Promise<Peer>
  /**
   * Puts files into the folder with the id `into`, into the top without one, now or as soon as there is a peer; rows appear at once. A
   * notice names files that no format has room for.
   */
  store(files: readonly DroppedFile[], into?: string): void
  /** Stores the doubles as new versions of the files of their names, or beside these, or leaves them. */
  answerDoubles(answer: 'skip' | 'version' | 'both'): void
  /**
   * Hides a file that is being stored, with all files of its pack, at once; the peer ends their store when the time to undo is over, its
   * notice is closed, or the page goes.
   */
  cancel(file: FileView): void
  /** Runs `task` with the peer and shows its failure as a notice. */
  ask(task: (peer: Peer) => Promise<unknown>): void
  /** Ends at once all stores whose end could still be undone, at the page's end. The next start ends those for which no time is left. */
  settle(): void
}

/** Time for which cancelling a store can be undone, milliseconds. */
export const undoMs = 30_000

/** Name under which memory has the ids of the files whose store was about to end when the page went. */
const leavingName = 'leaving'

/** Returns the model of a page whose peer is `peer`, in a browser that lacks `missing`. `memory` outlives the page. */
export function createScreenModel(
  peer: Promise<Peer>,
  clock: PageClock,
  notices: Notices,
  missing: Promise<readonly Need[]> = Promise.resolve([]),
  memory?: PageMemory,
): ScreenModel {
  const listeners = new Set<() => void>()
  const leaving = createLeaving()
  let queued: readonly FileView[] = []
  /** Rows of `queued` that the peer has taken; its next snapshot shows them. */
  let taken: readonly FileView[] = []
  let doubles: readonly DroppedInto[] = []
  let queuedEver = 0
  let running: Peer | undefined
  let view: ScreenView = { stage: 'starting', missing: [], peer: nobodyYet, doubles }

  const show = () => {
    const base: ShownPeer = running?.snapshot() ?? (view.stage === 'failed' ? nobodyEver : nobodyYet)
    const files = base.files.filter((file) => !leaving.has(file.id))
    const isChanged = files.length !== base.files.length || queued.length > 0
    const shown = isChanged ? { ...base, files: [...stillQueued(queued, files), ...files] } : base
    const rest = { missing: view.missing, peer: shown, doubles }
    if (running === undefined) view = { ...view, ...rest }
    else if (base.trouble === undefined) view = { stage: 'running', ...rest }
    else view = { stage: 'failed', trouble: sayRetried(base.trouble), ...rest }
    for (const listener of listeners) listener()
  }
  /** Returns the files of the peer that are not being deleted. */
  const standing = (started: Peer) => started.snapshot().files.filter(({ id }) => !leaving.has(id))
  const dropQueued = (rows: readonly FileView[]) => {
    const gone = new Set(rows)
    if (gone.size > 0) queued = queued.filter((row) => !gone.has(row))
    taken = []
  }
  /** Deletes the files that an earlier page remembered, because it may have ended before its peer deleted them. */
  const deleteRemembered = (started: Peer) => {
    const ids = memory?.read(leavingName)?.split(' ') ?? []
    const files = started.snapshot().files.filter(({ id }) => ids.includes(id))
    leaving.take(
      files.map(({ id }) => id),
      () => undefined,
    )
    ask(async () => {
      for (const { id } of files) await leaving.ending([id], () => started.remove(id))
      if (ids.length > 0) memory?.write(leavingName, '')
    })
  }
  peer.then(
    (started) => {
      running = started
      deleteRemembered(started)
      started.watch(() => {
        dropQueued(taken)
        leaving.look(started.snapshot().files)
        show()
      })
      show()
    },
    (error: unknown) => {
      const trouble = lackOf(error) === undefined ? { trouble: sayError(error) } : {}
      view = { ...view, stage: 'failed', ...trouble, rescue: (error as { rescue?: Rescue }).rescue }
      show()
    },
  )
  missing.then(
    (found) => {
      view = { ...view, missing: found }
      show()
    },
    // The chunk that looks for missing needs belongs to the peer, whose start reports a failure to load it.
    () => undefined,
  )

  /** Shows a failure. The words for a need that the browser does not meet are loaded when they are needed. */
  const tell = (error: unknown) => {
    const lack = lackOf(error)
    if (lack === undefined) return void sayFailure(error).then((said) => notices.showTrouble(said))
    void import('./words/missing-words.ts')
      .then(({ sayMissing }) => sayMissing([lack]))
      .catch(() => undefined)
      .then((said) => notices.showTrouble(said ?? sayError(error)))
  }
  const ask: ScreenModel['ask'] = (task) => {
    peer.then(task).catch((error: unknown) => {
      if (view.stage !== 'failed') tell(error)
    })
  }

  /** Returns the files that nothing is asked about. What knows of doubles is loaded with the rows. */
  const askAboutDoubles = async (files: readonly DroppedInto[], there: readonly FileView[], folderOf: (file: DroppedFile) => string) => {
    const known = await import('./files/divide-drop.ts').catch(() => undefined)
    if (known === undefined) return files
    const { fresh, doubles: more, same } = known.divideDrop(files, there, folderOf)
    doubles = [...doubles, ...more]
    if (same !== undefined) notices.show({ ...same, isUrgent: false })
    return fresh
  }

  return {
    snapshot: () => view,
    watch(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    peer,
    ask,
    store(files, into) {
      if (files.length === 0) return
      const trail = trailOf(view.peer.folders, into)
      const place = into === undefined || trail.length === 0 ? undefined : { id: into, path: pathOf(trail) }
      const folderOf = ({ path }: DroppedFile) => joined(place?.path, path)
      const named = new Set(running === undefined ? [] : standing(running).map(({ folder, name }) => `${folder}/${name}`))
      const fresh = files.filter((file) => !named.has(`${folderOf(file)}/${file.name}`))
      const rows = fresh.map((file) => queuedRow(file, queuedEver++, clock.now(), place))
      queued = [...rows, ...queued]
      if (rows.length > 0) show()
      let ids: readonly string[] = []
      peer
        .then(async (started) => {
          const at = place === undefined ? {} : { into: place.id }
          const there = standing(started)
          const given = files.map((file) => ({ ...file, ...at }))
          const fresh = there.length === 0 ? given : await askAboutDoubles(given, there, folderOf)
          if (fresh.length > 0) ids = await started.storeFiles(fresh, at)
        })
        .catch(tell)
        .finally(() => {
          const shown = new Set(running?.snapshot().files.map(({ id }) => id))
          if (ids.every((id) => shown.has(id))) dropQueued([...rows, ...taken])
          else taken = [...rows, ...taken]
          show()
        })
    },
    answerDoubles(answer) {
      const asked = doubles
      doubles = []
      show()
      if (answer === 'skip') return
      for (const into of new Set(asked.map((file) => file.into))) {
        const files = asked.filter((file) => file.into === into)
        ask((started) => started.storeFiles(files, { sameName: answer, ...(into === undefined ? {} : { into }) }))
      }
    },
    cancel(file) {
      // Of a file with earlier versions the row stays.
      const ids = view.peer.files
        .filter(({ id, pack, versions }) => versions === 1 && (id === file.id || (pack !== undefined && pack.id === file.pack?.id)))
        .map(({ id }) => id)
      if (ids.some((id) => leaving.has(id))) return
      const over = new AbortController()
      const commit = () => {
        if (over.signal.aborted) return
        over.abort()
        ask((started) =>
          leaving
            .ending(ids, () => started.cancel(file.id))
            .finally(() => {
              leaving.look(started.snapshot().files)
              show()
            }),
        )
      }
      leaving.take(ids, commit)
      show()
      const act = () => {
        over.abort()
        leaving.back(ids)
        show()
        if (!file.isPaused) ask((started) => started.resume(file.id))
      }
      const what = shellWords.sayCancelled(file.name, Math.max(1, ids.length))
      const close = notices.show({
        what,
        more: shellWords.placedGoes,
        isUrgent: false,
        action: { name: shellWords.undo, act },
        onGone: commit,
      })
      clock.wait(undoMs, { signal: over.signal }).then(close, () => undefined)
      over.signal.addEventListener('abort', close)
      if (!file.isPaused) ask((started) => started.pause(file.id))
    },
    settle() {
      const ids = leaving.ids()
      if (ids !== '') memory?.write(leavingName, ids)
      leaving.commitAll()
    },
  }
}

/** Returns the sentences for an error. Those for input that no format has room for are rare, and so not part of the shell. */
async function sayFailure(error: unknown): Promise<Sentences> {
  if (codeOf(error) !== 'file-refused') return sayError(error)
  return import('./words/limit-words.ts').then(
    ({ sayLimitMet }) => sayLimitMet(error),
    () => sayError(error),
  )
}

/** Returns the sentences for an error that keeps every tab from running the node, and says that the page tries again by itself. */
function sayRetried(trouble: TroubleView): Sentences {
  const { then, ...rest } = sayTrouble(trouble)
  return { ...rest, then: `${then} ${shellWords.triesAgain}` }
}

/** The snapshot before a peer has started. */
const nobodyYet: ShownPeer = {
  connection: { is: 'looking', people: 0 },
  isElsewhere: false,
  relays: [],
  list: { people: 0, isBehind: false },
  files: [],
  folders: [],
  trash: [],
  people: [],
  give: { isOn: false, offerBytes: 0, usedBytes: 0, pieces: 0, owners: 0 },
  totals: { sentBytes: 0, receivedBytes: 0 },
  repair: { placed: 0, fetchedBytes: 0, sentBytes: 0 },
  price: { factor: 0, k: 0, n: 0 },
}

/** The snapshot when no peer can start: nobody will come. */
const nobodyEver: ShownPeer = { ...nobodyYet, connection: { is: 'offline', people: 0 } }

/** Returns the need that the browser does not meet, when `error` was thrown for it. */
function lackOf(error: unknown): Need | undefined {
  return needOf(errorFacts(error)['wants'])
}
