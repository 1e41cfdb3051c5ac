import { expect, it } from 'vitest'
import { branchesOf } from './folder-branches.ts'

const inside: Readonly<Record<string, readonly string[]>> = { '': ['b 10', 'b 2', 'a'], a: ['x'], x: ['y'] }
const foldersIn = (id: string | undefined) => (inside[id ?? ''] ?? []).map((name) => ({ id: name, name }))
const drawn = (open: readonly string[]) => branchesOf(foldersIn, new Set(open), 'Files').map(({ name, level }) => `${level} ${name}`)

it('the tree shows the top and what is in it, and what is in those that are open', () => {
  expect(drawn([])).toEqual(['1 Files', '2 a', '2 b 2', '2 b 10'])
  expect(drawn(['a', 'x'])).toEqual(['1 Files', '2 a', '3 x', '4 y', '2 b 2', '2 b 10'])
  expect(drawn(['x'])).toEqual(drawn([]))
})

it('a branch knows its parent, whether there is more in it, and whether that is shown', () => {
  const [, a, , x] = [undefined, ...branchesOf(foldersIn, new Set(['a']), 'Files')]
  expect([a?.isOpen, x]).toEqual([true, { id: 'x', name: 'x', level: 3, parent: 'a', hasMore: true, isOpen: false }])
})
