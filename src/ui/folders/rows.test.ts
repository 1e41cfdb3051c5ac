import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { FolderView } from '../../peer/api/tree-view.ts'
import type { FileView } from '../../peer/index.ts'
import { treeOf } from './folder-tree.ts'
import { isFolder, orderNamed, rowsOf, type Order } from './rows.ts'

const folder = (id: string, parent?: string, madeAt = 1): FolderView => ({
  id,
  name: `folder ${id}`,
  madeAt,
  ...(parent === undefined ? {} : { parent }),
})
const file = (name: string, size: number, addedAt: number, parent?: string) =>
  ({ id: name, name, size, addedAt, folder: '', ...(parent === undefined ? {} : { parent }) }) as FileView

const folders = [folder('trip', undefined, 5), folder('day', 'trip', 7), folder('old', undefined, 2)]
/** The newest first, as a snapshot has them. */
const files = [file('b 10', 10, 30), file('photo', 7, 25, 'day'), file('a', 30, 20), file('B 2', 20, 10), file('note', 5, 5, 'trip')]

const namesIn = (openId: string | undefined, order: Order = 'newest', search = '') =>
  rowsOf(files, treeOf(folders, files), { openId, order, search }).map(({ name }) => name)

describe('the rows of the list', () => {
  it('[VLT18] are what lies in the open folder, folders first', () => {
    expect(namesIn(undefined)).toEqual(['folder trip', 'folder old', 'b 10', 'a', 'B 2'])
    expect(namesIn('trip')).toEqual(['folder day', 'note'])
    expect(namesIn('day')).toEqual(['photo'])
    expect(namesIn('old')).toEqual([])
  })

  it('stand in each order, numbers within names by their value', () => {
    expect(namesIn(undefined, 'oldest')).toEqual(['folder old', 'folder trip', 'B 2', 'a', 'b 10'])
    expect(namesIn(undefined, 'name')).toEqual(['folder old', 'folder trip', 'a', 'B 2', 'b 10'])
    expect(namesIn(undefined, 'name-last')).toEqual(['folder trip', 'folder old', 'b 10', 'B 2', 'a'])
    expect(namesIn(undefined, 'largest')).toEqual(['folder trip', 'folder old', 'a', 'B 2', 'b 10'])
    expect(namesIn(undefined, 'smallest')).toEqual(['folder old', 'folder trip', 'b 10', 'B 2', 'a'])
    expect([orderNamed('largest'), orderNamed('nonsense'), orderNamed(undefined)]).toEqual(['largest', 'newest', 'newest'])
  })

  it('stand by name where they came at one moment', () => {
    const drop = ['p 10', 'p 2', 'p 1'].map((name) => file(name, 1, 40))
    const rows = (order: Order) => rowsOf(drop, treeOf([], drop), { openId: undefined, order, search: '' }).map(({ name }) => name)
    expect([rows('newest'), rows('oldest')]).toEqual([
      ['p 1', 'p 2', 'p 10'],
      ['p 1', 'p 2', 'p 10'],
    ])
  })

  it('[FNM3] are found in all folders by parts of names', () => {
    expect(namesIn('old', 'newest', 'PHO')).toEqual(['photo'])
    expect(namesIn('day', 'newest', 'o')).toEqual(['folder day', 'folder trip', 'folder old', 'photo', 'note'])
  })
})

describe('the tree of folders', () => {
  it('[VLT18] counts all that is below a folder, at any depth', () => {
    const tree = treeOf(folders, files)
    expect(['trip', 'day', 'old'].map((id) => [tree.get(id)?.files, tree.get(id)?.size])).toEqual([
      [2, 12],
      [1, 7],
      [0, 0],
    ])
    expect(tree.above('day').map(({ id }) => id)).toEqual(['trip'])
    expect([
      tree.isWithin('day', new Set(['trip'])),
      tree.isWithin('trip', new Set(['day'])),
      tree.isWithin(undefined, new Set(['trip'])),
    ]).toEqual([true, false, false])
    expect([...tree.within('trip')]).toEqual(['trip', 'day'])
    expect(tree.foldersIn(undefined).every(isFolder)).toBe(true)
  })

  it('counts as the plain way does, for any tree, and goes 10,000 folders deep', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20), { maxLength: 20 }), fc.array(fc.nat(25), { maxLength: 30 }), (parents, places) => {
        const all = parents.map((parent, at) => folder(`${at}`, parent < at ? `${parent}` : undefined))
        const some = places.map((place, at) => file(`${at}`, at, 0, place < all.length ? `${place}` : undefined))
        const tree = treeOf(all, some)
        return all.every(({ id }) => {
          const inside = some.filter(({ parent }) => parent === id || tree.above(parent).some((above) => above.id === id))
          return tree.get(id)?.files === inside.length && tree.get(id)?.size === inside.reduce((sum, { size }) => sum + size, 0)
        })
      }),
    )
    const deep = Array.from({ length: 10_000 }, (_, at) => folder(`${at}`, at === 0 ? undefined : `${at - 1}`))
    expect(treeOf(deep, [file('x', 3, 0, '9999')]).get('0')).toMatchObject({ files: 1, size: 3 })
  })
})
