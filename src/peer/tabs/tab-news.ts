import type { FileView } from '../api/file-view.ts'
import type { PeerSnapshot } from '../api/peer.ts'

/** The snapshot that the tab that runs the node shows, and which tab it is; `at` counts its snapshots. */
export interface Seen {
  readonly leader: string
  readonly at: number
  readonly snapshot: PeerSnapshot
}

/** The changes since the tab that runs the node showed snapshot `after`: of thousands of rows only those that changed. */
export interface News {
  readonly leader: string
  readonly after: number
  readonly at: number
  readonly rest: Omit<PeerSnapshot, 'files'>
  readonly rows: readonly FileView[]
  /** Ids of all rows in their order, if that has changed. */
  readonly order?: readonly string[]
}

/** The snapshots that a tab has shown, counted. */
export interface TabNews {
  /** Returns the whole last snapshot. */
  whole(): Seen
  /** Notes that `snapshot` is shown now, and returns the changes in it. */
  next(snapshot: PeerSnapshot): News
}

/** Returns the count of the tab `leader`, whose first snapshot is `first`. */
export function createTabNews(leader: string, first: PeerSnapshot): TabNews {
  let seen: Seen = { leader, at: 0, snapshot: first }
  return {
    whole: () => seen,
    next(snapshot) {
      const { at: after, snapshot: before } = seen
      seen = { leader, at: after + 1, snapshot }
      const { files, ...rest } = snapshot
      const base = { leader, after, at: seen.at, rest }
      if (files === before.files) return { ...base, rows: [] }
      const known = new Set(before.files)
      const isSameOrder = files.length === before.files.length && files.every(({ id }, at) => id === before.files[at]?.id)
      const rows = files.filter((file) => !known.has(file))
      return isSameOrder ? { ...base, rows } : { ...base, rows, order: files.map(({ id }) => id) }
    },
  }
}

/** Returns the snapshot after `news`; undefined when news before it was missed. */
export function withNews(seen: Seen | undefined, news: News): Seen | undefined {
  if (seen === undefined || seen.leader !== news.leader || seen.at !== news.after) return undefined
  const { leader, at, rest, rows, order } = news
  const rowById = new Map(rows.map((row) => [row.id, row]))
  const before = seen.snapshot.files
  if (order === undefined) {
    const files = rows.length === 0 ? before : before.map((row) => rowById.get(row.id) ?? row)
    return { leader, at, snapshot: { ...rest, files } }
  }
  for (const row of before) if (!rowById.has(row.id)) rowById.set(row.id, row)
  const files = order.flatMap((id) => rowById.get(id) ?? [])
  return files.length === order.length ? { leader, at, snapshot: { ...rest, files } } : undefined
}
