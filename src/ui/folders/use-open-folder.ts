import { useEffect, useRef } from 'react'
import { useLocation } from 'wouter'
import { folderAddress } from '../open-folder.ts'
import { useShell } from '../shell.tsx'
import { folderWords } from '../words/folder-words.ts'
import type { FolderTree } from './folder-tree.ts'
import type { ListRow } from './rows.ts'

interface Properties {
  readonly openId: string | undefined
  readonly tree: FolderTree
  readonly rows: readonly ListRow[]
  /** Whether the list is there, and `rows` are what was asked for last. */
  readonly isKnown: boolean
  readonly isSearching: boolean
  readonly onFocus: (row: { readonly id: string }) => void
  /** Called when another folder is opened. */
  readonly onLeave: () => void
}

/**
 * Follows the open folder: the focus goes to its first row, or to the folder that was left by going up. Where the folder is gone, or never
 * was, the address becomes that of the nearest one above it.
 */
export function useOpenFolder({ openId, tree, rows, isKnown, isSearching, onFocus, onLeave }: Properties): void {
  const { notices, model } = useShell()
  const [, go] = useLocation()
  const before = useRef<{ readonly openId: string | undefined; readonly path: readonly string[] }>(undefined)
  useEffect(() => {
    if (!isKnown) return
    const last = before.current
    const folder = tree.get(openId)
    if (openId !== undefined && folder === undefined) {
      if (model.snapshot().stage !== 'running') return
      const nearest = last?.openId === openId ? last.path.find((id) => id !== openId && tree.get(id) !== undefined) : undefined
      notices.show(
        { what: folderWords.notThere, more: nearest === undefined ? '' : folderWords.nearest, isUrgent: false },
        { forMs: 8_000 },
      )
      go(folderAddress(nearest), { replace: true })
      return
    }
    before.current = { openId, path: folder === undefined ? [] : [folder.id, ...tree.above(folder.id).map(({ id }) => id)] }
    if (last === undefined || last.openId === openId) return
    onLeave()
    if (isSearching) return
    const at = openId === undefined ? last.path.length : last.path.indexOf(openId)
    const left = at > 0 ? last.path[at - 1] : undefined
    const row = rows.find(({ id }) => id === left) ?? rows[0]
    window.scrollTo(0, 0)
    if (row !== undefined) onFocus({ id: row.id })
  })
}
