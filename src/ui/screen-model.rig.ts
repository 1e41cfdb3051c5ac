import { createVirtualClock } from '../adapters/memory/virtual-clock.ts'
import { sortDrop } from '../core/file-limits.ts'
import type { Need } from '../core/needs.ts'
import type { FolderView } from '../peer/api/tree-view.ts'
import type { DroppedFile, FileView, Peer, PeerSnapshot, StoreOptions } from '../peer/index.ts'
import { createNotices } from './notices.ts'
import { createScreenModel } from './screen-model.ts'
import type { PageMemory } from './surroundings.ts'

/** A stored file. */
export const kept = {
  id: 'f1',
  name: 'a.txt',
  folder: '',
  size: 1,
  versions: 1,
  status: 'Strong',
  explanation: { is: 'none' },
  isPaused: false,
} as FileView

/** Returns the model over a peer that notes what it is asked for; `start` lets it start. */
export function openDesk(
  files: readonly FileView[] = [kept],
  missing: Promise<readonly Need[]> = Promise.resolve([]),
  memory?: PageMemory,
  folders: readonly FolderView[] = [],
) {
  const clock = createVirtualClock()
  const notices = createNotices(clock)
  const stored: (readonly DroppedFile[])[] = []
  const places: (string | undefined)[] = []
  const ways: (string | undefined)[] = []
  const removed: string[] = []
  const calls: string[] = []
  let snapshot = { files, folders, connection: { is: 'connected', people: 3 } } as unknown as PeerSnapshot
  let told = () => {}
  let isLagging = false
  /** From now on snapshots lag behind what is ended; returns a function that lets them catch up. */
  const lag = () => {
    isLagging = true
    return () => {
      snapshot = { ...snapshot, files: [] }
      told()
    }
  }
  const peer = {
    snapshot: () => snapshot,
    watch: (listener: () => void) => {
      told = listener
      return () => undefined
    },
    storeFiles: async (files: readonly DroppedFile[], { into, sameName }: StoreOptions = {}) => {
      places.push(into)
      ways.push(sameName)
      const { taken, refusal } = sortDrop(files)
      stored.push(taken)
      if (refusal !== undefined) throw refusal
      return []
    },
    remove: async (id: string) => void removed.push(id),
    pause: async (id: string) => void calls.push(`pause ${id}`),
    resume: async (id: string) => void calls.push(`resume ${id}`),
    cancel: async (id: string) => {
      calls.push(`cancel ${id}`)
      if (isLagging) return
      snapshot = { ...snapshot, files: [] }
      told()
    },
  } as unknown as Peer
  let resolve = (_peer: Peer) => {}
  let reject = (_error: unknown) => {}
  const promise = new Promise<Peer>((resolved, rejected) => {
    resolve = resolved
    reject = rejected
  })
  const model = createScreenModel(promise, clock, notices, missing, memory)
  const start = async () => {
    resolve(peer)
    await clock.advance(0)
  }
  const grow = (file: FileView) => {
    snapshot = { ...snapshot, files: [file, ...snapshot.files] }
    told()
  }
  const change = (news: Pick<PeerSnapshot, 'trouble'>) => {
    const { trouble: _before, ...rest } = snapshot
    snapshot = { ...rest, ...news }
    told()
  }
  return { clock, notices, model, stored, places, ways, removed, calls, start, change, lag, grow, fail: (error: unknown) => reject(error) }
}

/** A file of one byte. */
export const dropped = (name: string): DroppedFile => ({ name, blob: new Blob(['x']), path: '' })
