import { isolated, shownFolder, shownName } from '../core/file-name.ts'
import { needOf, type Need } from '../core/needs.ts'
import type { DroppedFile, FileView, Peer, PeerSnapshot, TroubleView } from '../peer/index.ts'
import type { PageClock, PageMemory } from './surroundings.ts'
import type { Rescue } from './words/rescue-words.ts'
import type { Notices } from './notices.ts'
import { createLeaving } from './leaving.ts'
import { queuedRow } from './queued-row.ts'
import { sayCount } from './words/figures.ts'
import { sayError, sayTrouble, type Sentences } from './words/words.ts'
import { codeOf, errorFacts } from '../core/errors.ts'

/** A peer's snapshot; nobody has a name before the peer has started. */
export type ShownPeer = Omit<PeerSnapshot, 'self'> & { readonly self?: PeerSnapshot['self'] }

/** What the screens show: the peer's snapshot, changed by what the person did a moment ago. */
export interface ScreenView {
  readonly stage: 'starting' | 'running' | 'failed'
  /** Why there is no peer, when `stage` is 'failed' and the browser lacks nothing. */
  readonly trouble?: Sentences
  /** Set when what this browser keeps cannot be trusted: the person chooses. */
  readonly rescue?: Rescue | undefined
  /** What this browser lacks. */
  readonly missing: readonly Need[]
  readonly peer: ShownPeer
  /** Files of a drop that are here already: the person is asked what is meant. */
  readonly doubles: readonly DroppedFile[]
}

/** Stands between the screens and a peer that may still be starting. */
export interface ScreenModel {
  snapshot(): ScreenView
  watch(listener: () => void): () => void
  readonly peer: Promise<Peer>
  /** Puts files in, now or as soon as there is a peer; rows appear at once. Those that no format has room for are named in a notice. */
  store(files: readonly DroppedFile[]): void
  /** Stores the doubles once more, or leaves them. */
  answerDoubles(answer: 'skip' | 'add again'): void
  /** Takes a row away at once; the peer deletes the file when the time to undo is over, its notice is closed, or the page goes. */
  remove(file: FileView): void
  /** Takes away what is being stored, with all that is stored together with it; to be undone like a deletion. */
  cancel(file: FileView): void
  /** Runs `task` with the peer and shows its failure as a notice. */
  ask(task: (peer: Peer) => Promise<unknown>): void
  /** Deletes at once what waits to be undone; for the page's end. What a page has no time left for, the next start deletes. */
  settle(): void
}

/** How long a deletion can be undone. Milliseconds. */
export const undoMs = 30_000

/** Under this name memory has the ids of what was deleted when the page went. */
const leavingName = 'leaving'

/** What a person takes away, and how it is brought back or ended for good. */
interface Leaving {
  readonly ids: readonly string[]
  readonly what: string
  readonly more: string
  readonly end: (peer: Peer) => Promise<void>
  readonly undo: () => void
}

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
  /** Rows of `queued` that the peer has taken, and shows with its next snapshot. */
  let taken: readonly FileView[] = []
  let doubles: readonly DroppedFile[] = []
  let queuedEver = 0
  let running: Peer | undefined
  let view: ScreenView = { stage: 'starting', missing: [], peer: nobodyYet, doubles }

  const show = () => {
    const base: ShownPeer = running?.snapshot() ?? (view.stage === 'failed' ? nobodyEver : nobodyYet)
    const files = base.files.filter((file) => !leaving.has(file.id))
    const isChanged = files.length !== base.files.length || queued.length > 0
    const shown = isChanged ? { ...base, files: [...queued, ...files] } : base
    const rest = { missing: view.missing, peer: shown, doubles }
    if (running === undefined) view = { ...view, ...rest }
    else if (base.trouble === undefined) view = { stage: 'running', ...rest }
    else view = { stage: 'failed', trouble: sayRetried(base.trouble), ...rest }
    for (const listener of listeners) listener()
  }
  /** What is there and not on its way out. */
  const standing = (started: Peer) => started.snapshot().files.filter(({ id }) => !leaving.has(id))
  const dropQueued = (rows: readonly FileView[]) => {
    const gone = new Set(rows)
    if (gone.size > 0) queued = queued.filter((row) => !gone.has(row))
    taken = []
  }
  /** A page that goes may end before the peer has deleted anything. */
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
    // The chunk that looks for it is the peer's: what keeps it from coming is said by the peer.
    () => undefined,
  )

  /** Says why something failed. What a browser lacks has words that come when they are needed. */
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

  const takeAway = ({ ids, what, more, end, undo }: Leaving) => {
    if (ids.some((id) => leaving.has(id))) return
    const over = new AbortController()
    const back = () => {
      leaving.back(ids)
      show()
    }
    const commit = () => {
      if (over.signal.aborted) return
      over.abort()
      ask((started) =>
        leaving
          .ending(ids, () => end(started))
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
      back()
      undo()
    }
    const close = notices.show({ what, more, isUrgent: false, action: { name: 'Undo', act }, onGone: commit })
    clock.wait(undoMs, { signal: over.signal }).then(close, () => undefined)
    over.signal.addEventListener('abort', close)
  }

  return {
    snapshot: () => view,
    watch(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    peer,
    ask,
    store(files) {
      if (files.length === 0) return
      const named = new Set(running === undefined ? [] : standing(running).map(({ folder, name }) => `${folder}/${name}`))
      const rows = files.filter(({ path, name }) => !named.has(`${path}/${name}`)).map((file) => queuedRow(file, queuedEver++, clock.now()))
      queued = [...rows, ...queued]
      if (rows.length > 0) show()
      let ids: readonly string[] = []
      peer
        .then(async (started) => {
          const here = new Set(standing(started).filter(isHere).map(placeOf))
          const isDouble = (file: DroppedFile) => here.has(placeOf({ ...file, folder: file.path, size: file.blob.size }))
          doubles = [...doubles, ...files.filter(isDouble)]
          const fresh = files.filter((file) => !isDouble(file))
          if (fresh.length > 0) ids = await started.storeFiles(fresh)
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
      if (answer === 'add again') ask((started) => started.storeFiles(asked))
    },
    remove: (file) =>
      takeAway({
        ids: [file.id],
        what: `${isolated(file.name)} is deleted`,
        more: 'Its pieces are being removed.',
        end: (started) => started.remove(file.id),
        undo: () => undefined,
      }),
    cancel(file) {
      const ids = view.peer.files
        .filter(({ id, pack }) => id === file.id || (pack !== undefined && pack.id === file.pack?.id))
        .map(({ id }) => id)
      takeAway({
        ids,
        what: ids.length > 1 ? `Storing ${sayCount(ids.length, 'small file')} is cancelled` : `Storing ${isolated(file.name)} is cancelled`,
        more: 'What is already with people is removed.',
        end: (started) => started.cancel(file.id),
        undo: () => {
          if (!file.isPaused) ask((started) => started.resume(file.id))
        },
      })
      if (!file.isPaused) ask((started) => started.pause(file.id))
    },
    settle() {
      const ids = leaving.ids()
      if (ids !== '') memory?.write(leavingName, ids)
      leaving.commitAll()
    },
  }
}

/** What a person gave and no format has room for is rare: its words are no part of the shell. */
async function sayFailure(error: unknown): Promise<Sentences> {
  if (codeOf(error) !== 'file-refused') return sayError(error)
  return import('./words/limit-words.ts').then(
    ({ sayLimitMet }) => sayLimitMet(error),
    () => sayError(error),
  )
}

/** Says what keeps every tab from running the node, and that nobody need do anything for it to be tried again. */
function sayRetried(trouble: TroubleView): Sentences {
  const { then, ...rest } = sayTrouble(trouble)
  return { ...rest, then: `${then} This page tries again by itself.` }
}

/** What is known before a peer has started: nothing, and nobody. */
const nobodyYet: ShownPeer = {
  connection: { is: 'looking', people: 0 },
  isElsewhere: false,
  relays: [],
  files: [],
  people: [],
  give: { isOn: false, offerBytes: 0, usedBytes: 0, pieces: 0, owners: 0 },
  totals: { sentBytes: 0, receivedBytes: 0 },
  price: { factor: 0, k: 0, n: 0 },
}

/** What is known when no peer can start: nobody will come. */
const nobodyEver: ShownPeer = { ...nobodyYet, connection: { is: 'offline', people: 0 } }

/** Returns what the browser lacks where that is why `error` was thrown. */
function lackOf(error: unknown): Need | undefined {
  return needOf(errorFacts(error)['wants'])
}

/** Tells whether a row stands for a file that needs no second one: what has to be dropped again is no double. */
function isHere({ status, explanation }: FileView): boolean {
  return status !== 'Cannot be rebuilt' && explanation.is !== 'drop-again' && explanation.is !== 'trouble'
}

function placeOf({ folder, name, size }: Pick<FileView, 'folder' | 'name' | 'size'>): string {
  // Rows have names as they are shown, a drop as they were given. SPEC FNM1, FNM3.
  return JSON.stringify([shownFolder(folder).normalize(), shownName(name).normalize(), size])
}
