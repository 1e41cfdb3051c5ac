import type { DroppedFile, FileView, Peer, PeerSnapshot, TroubleView } from '../peer/index.ts'
import type { PageClock } from './surroundings.ts'
import type { Rescue } from './rescue-words.ts'
import type { Notices } from './notices.ts'
import { sayError, sayTrouble, type Sentences } from './words.ts'

/** A peer's snapshot; nobody has a name before the peer has started. */
export type ShownPeer = Omit<PeerSnapshot, 'self'> & { readonly self?: PeerSnapshot['self'] }

/** What the screens show: the peer's snapshot, changed by what the person did a moment ago. */
export interface DeskView {
  readonly stage: 'starting' | 'running' | 'failed'
  /** Why there is no peer, when `stage` is 'failed'. */
  readonly trouble?: Sentences
  /** Set when what this browser keeps cannot be trusted: the person chooses. */
  readonly rescue?: Rescue | undefined
  readonly peer: ShownPeer
}

/** Stands between the screens and a peer that may still be starting. */
export interface Desk {
  snapshot(): DeskView
  watch(listener: () => void): () => void
  readonly peer: Promise<Peer>
  /** Puts files in, now or as soon as there is a peer; rows appear at once. */
  store(files: readonly DroppedFile[]): void
  /** Takes a row away at once; the peer deletes the file when the time to undo is over or the page goes. */
  remove(file: FileView): void
  /** Runs `task` with the peer and shows its failure as a notice. */
  ask(task: (peer: Peer) => Promise<unknown>): void
  /** Deletes at once what waits to be undone; for the page's end. */
  settle(): void
}

/** How long a deletion can be undone. Milliseconds. */
export const undoMs = 8_000

/** Returns the desk of a page whose peer is `peer`. */
export function createDesk(peer: Promise<Peer>, clock: PageClock, notices: Notices): Desk {
  const listeners = new Set<() => void>()
  const leaving = new Map<string, () => void>()
  let queued: readonly FileView[] = []
  let queuedEver = 0
  let running: Peer | undefined
  let view: DeskView = { stage: 'starting', peer: nobodyYet }

  const show = () => {
    const base: ShownPeer = running?.snapshot() ?? nobodyYet
    const files = base.files.filter((file) => !leaving.has(file.id))
    const isChanged = files.length !== base.files.length || queued.length > 0
    const shown = isChanged ? { ...base, files: [...queued, ...files] } : base
    if (running === undefined) view = { ...view, peer: shown }
    else if (base.trouble === undefined) view = { stage: 'running', peer: shown }
    else view = { stage: 'failed', trouble: sayRetried(base.trouble), peer: shown }
    for (const listener of listeners) listener()
  }
  peer.then(
    (started) => {
      running = started
      started.watch(show)
      show()
    },
    (error: unknown) => {
      view = { ...view, stage: 'failed', trouble: sayError(error), rescue: (error as { rescue?: Rescue }).rescue }
      show()
    },
  )

  const ask: Desk['ask'] = (task) => {
    peer.then(task).catch((error: unknown) => {
      if (view.stage !== 'failed') notices.showTrouble(sayError(error))
    })
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
      const rows = running === undefined ? files.map((file) => queuedRow(file, queuedEver++, clock.now())) : []
      queued = [...rows, ...queued]
      if (rows.length > 0) show()
      ask(async (started) => {
        try {
          await started.storeFiles(files)
        } finally {
          queued = queued.filter((row) => !rows.includes(row))
          show()
        }
      })
    },
    remove(file) {
      if (leaving.has(file.id)) return
      const undo = new AbortController()
      const commit = () => {
        if (!leaving.has(file.id) || undo.signal.aborted) return
        undo.abort()
        ask(async (started) => {
          try {
            await started.remove(file.id)
          } finally {
            leaving.delete(file.id)
            show()
          }
        })
      }
      leaving.set(file.id, commit)
      show()
      const close = notices.show({
        what: `${file.name} is deleted`,
        more: 'The people who keep it are told to let it go.',
        isUrgent: false,
        action: {
          name: 'Undo',
          act: () => {
            leaving.delete(file.id)
            undo.abort()
            show()
          },
        },
      })
      clock
        .wait(undoMs, { signal: undo.signal })
        .then(commit, () => undefined)
        .finally(close)
    },
    settle() {
      for (const commit of leaving.values()) commit()
    },
  }
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

const noHealth: FileView['health'] = {
  here: 0,
  lately: 0,
  known: 0,
  people: 0,
  peopleHere: 0,
  margin: 0,
  knownMargin: 0,
  needed: 0,
  wanted: 0,
  isChecking: false,
}

function queuedRow(file: DroppedFile, number: number, now: number): FileView {
  return {
    id: `queued ${number}`,
    name: file.name,
    folder: file.path,
    type: file.blob.type,
    size: file.blob.size,
    addedAt: now,
    status: 'Storing',
    explanation: { is: 'sealing', percent: 0 },
    meter: { value: 0, max: 0, needed: 0, pieces: [] },
    health: noHealth,
    canShare: false,
    canDownload: false,
    hasLocalCopy: false,
    needsOriginal: true,
    isPaused: false,
  }
}

/** Tells whether a row still waits for the peer: it has no actions yet. */
export function isQueued(file: FileView): boolean {
  return file.id.startsWith('queued ')
}
