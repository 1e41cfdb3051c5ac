import { expect, test } from 'vitest'
import { createSeededRandom } from '../../adapters/memory/seeded-random.ts'
import { entryOfChange, type ChangedFields } from '../../core/vault/change.ts'
import type { EntryId } from '../../core/vault/entry-id.ts'
import { createVaultState } from '../../core/vault/entry.ts'
import { createVaultTree } from '../../core/vault/tree.ts'
import { deviceId, fileFields, folderFields, idFor } from '../../core/vault/vault.rig.ts'
import { draftFolders, folderAt, pathOf } from './folders.ts'

const NOW = 1_000
const random = createSeededRandom('folders')

/** Returns the tree that holds `entries`, made one after the other. */
function treeOf(entries: readonly (readonly [EntryId, ChangedFields])[]) {
  const changes = entries.map(([entry, fields], at) => entryOfChange({ entry, time: { ms: at + 1, count: 0 }, fields }, deviceId(1)))
  const state = createVaultState(changes)
  return { entries: state.entries, tree: createVaultTree(state.entries.values()) }
}

test('[VLT18] a drop makes the folders that are not there, each once and after the one that it lies in', () => {
  const album = idFor('album')
  const vault = treeOf([[album, folderFields('album')]])
  const { changes, folderAt: at } = draftFolders(vault, ['album/2024/May', '', 'album', 'album/2024', 'other/2024'], { random }, NOW)
  expect(changes.map(({ fields }) => [fields.name, fields.folder])).toEqual([
    ['2024', NOW],
    ['May', NOW],
    ['other', NOW],
    ['2024', NOW],
  ])
  const [year, month, other, otherYear] = changes.map(({ id }) => id)
  expect(changes.map(({ fields }) => fields.parent)).toEqual([album, year, null, other])
  expect(['', 'album', 'album/2024', 'album/2024/May', 'other/2024'].map(at)).toEqual([null, album, year, month, otherYear])
  // Once they are there, the same drop makes none.
  const made = treeOf([[album, folderFields('album')], ...changes.map(({ id, fields }) => [id, fields] as const)])
  expect(draftFolders(made, ['album/2024/May', 'other/2024'], { random }, NOW).changes).toEqual([])
  expect(['album/2024/May', 'album/2024/June', ''].map((path) => folderAt(made, path))).toEqual([month, undefined, null])
  expect([month, otherYear, null].map((id) => pathOf(made, id ?? null))).toEqual(['album/2024/May', 'other/2024', ''])
})

test('[VLT12] paths that are stored alike lead to one folder, and what may not be in a name is no other folder', () => {
  const vault = treeOf([])
  const accents = ['caf\u00e9', 'cafe\u0301', '/caf\u00e9/', 'caf\u00e9//']
  const long = `${'n'.repeat(300)}`
  const { changes, folderAt: at } = draftFolders(vault, [...accents, long, `${'n'.repeat(255)}`, '..', 'a\nb'], { random }, NOW)
  expect(changes.map(({ fields }) => fields.name)).toEqual(['caf\u00e9', 'n'.repeat(255), '__', 'a_b'])
  expect(new Set(accents.map(at)).size).toBe(1)
})

test('[VLT18] a file, a deleted folder and a folder in another one are not the folder of a path', () => {
  const [deleted, inside, outside] = [idFor('deleted'), idFor('inside'), idFor('outside')]
  const vault = treeOf([
    [idFor('file'), fileFields('album', null, idFor('content'))],
    [deleted, { ...folderFields('gone'), deletedAt: 5 }],
    [outside, folderFields('outside')],
    [inside, folderFields('album', outside)],
  ])
  expect(['album', 'gone', 'outside/album'].map((path) => folderAt(vault, path))).toEqual([undefined, undefined, inside])
  const { changes } = draftFolders(vault, ['album', 'gone', 'outside/album'], { random }, NOW)
  expect(changes.map(({ fields }) => [fields.name, fields.parent])).toEqual([
    ['album', null],
    ['gone', null],
  ])
})
