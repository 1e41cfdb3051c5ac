import { expect, it } from 'vitest'
import type { FolderView } from '../peer/api/tree-view.ts'
import { folderAddress, isFilesPath, isTrash, openFolderOf, pathOf, trailOf } from './open-folder.ts'

const id = 'ab'.repeat(16)
const folders: readonly FolderView[] = [
  { id: 'day', name: 'Day 1', parent: 'trip', madeAt: 2 },
  { id: 'trip', name: 'Trip', madeAt: 1 },
]

it('an address opens a folder, the trash or the top, and nothing else', () => {
  expect(openFolderOf(new URL(folderAddress(id), 'https://x').search)).toBe(id)
  expect(['', '?in=trash', '?in=', `?in=${id}0`, '?in=../x', `?in=${id}&b=1`].map(openFolderOf)).toEqual(Array(6).fill(undefined))
  expect(['in=trash', '?in=trash', '', `in=${id}`].map(isTrash)).toEqual([true, true, false, false])
  expect(['/', '/files', '/files/', '/people', '/filesx'].map(isFilesPath)).toEqual([true, true, true, false, false])
  expect(folderAddress()).toBe('/files')
})

it('[VLT18] the way down to a folder is named by its folders; a ring ends', () => {
  expect(pathOf(trailOf(folders, 'day'))).toBe('Trip/Day 1')
  expect([trailOf(folders, undefined), trailOf(folders, 'none')]).toEqual([[], []])
  const ring = [{ id: 'a', name: 'a', parent: 'b', madeAt: 1 } as const, { id: 'b', name: 'b', parent: 'a', madeAt: 1 } as const]
  expect(trailOf(ring, 'a').length).toBeLessThanOrEqual(2)
})
