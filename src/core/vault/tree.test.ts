import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareIds, type EntryId } from './entry-id.ts'
import { createVaultState, isDeleted, joinEntries, kindOf, type VaultEntry } from './entry.ts'
import { compareStamps } from './hybrid-time.ts'
import { createVaultTree, placeFolders, type FolderId, type VaultTree } from './tree.ts'
import { at, deviceId, entryId, entryWith, fileFields, folderFields, idFor, shuffled } from './vault.rig.ts'

const content = entryId(99)

/** Every shown entry by its folder and shown name. */
function pictureOf(tree: VaultTree, entries: Iterable<VaultEntry>): readonly string[] {
  return [...entries].flatMap(({ id }) => {
    const name = tree.shownName(id)
    return name === undefined ? [] : [line(tree.folderOf(id) ?? null, name, id)]
  })
}

const line = (folder: FolderId, name: string, id: EntryId) => [folder ?? 'top', name, id].join('/')

/** The rules once more, word by word and without any speed. */
function plainPictureOf(entries: readonly VaultEntry[]): readonly string[] {
  const folders = new Map(entries.filter((entry) => kindOf(entry) === 'folder').map((entry) => [entry.id, entry]))
  const placed = new Map<EntryId, FolderId>()
  const closesRing = (id: EntryId, parent: FolderId) => {
    for (let above: FolderId | undefined = parent; above !== null && above !== undefined; above = placed.get(above))
      if (above === id) return true
    return false
  }
  const stampOf = (entry: VaultEntry) => entry.parents[0]!.stamp
  for (const folder of [...folders.values()].toSorted((a, b) => compareStamps(stampOf(a), stampOf(b)) || compareIds(a.id, b.id))) {
    placed.set(folder.id, folder.parents.find(({ value }) => !closesRing(folder.id, value))?.value ?? null)
  }
  const shownAbove = (parent: FolderId): FolderId => {
    if (parent === null) return null
    const folder = folders.get(parent)
    if (folder === undefined) return null
    return isDeleted(folder) ? shownAbove(placed.get(parent) ?? null) : parent
  }
  const shown = entries
    .filter((entry) => ['folder', 'file'].includes(kindOf(entry) ?? '') && !isDeleted(entry))
    .map((entry) => ({
      entry,
      name: entry.name!.value,
      folder: shownAbove(kindOf(entry) === 'folder' ? (placed.get(entry.id) ?? null) : entry.parents[0]!.value),
      since: compareStamps(entry.name!.stamp, stampOf(entry)) > 0 ? entry.name!.stamp : stampOf(entry),
    }))
    .toSorted((a, b) => compareStamps(a.since, b.since) || compareIds(a.entry.id, b.entry.id))
  const next = new Map<string, number>()
  return shown.map(({ entry, name, folder }) => {
    const key = `${folder}/${name}`
    const isOwn = (other: string) => shown.some((one) => one.folder === folder && one.name === other)
    if (!next.has(key)) {
      next.set(key, 2)
      return line(folder, name, entry.id)
    }
    const numbered = () => name.replace(/^(.+?)(\.[^.]*)?$/, `$1 (${next.get(key)})$2`)
    while (isOwn(numbered())) next.set(key, next.get(key)! + 1)
    const given = numbered()
    next.set(key, next.get(key)! + 1)
    return line(folder, given, entry.id)
  })
}

const ids = fc.nat(5).map(entryId)
const step = fc.record({
  id: ids,
  time: fc.record({ ms: fc.nat(6), count: fc.constant(0) }),
  device: fc.nat(2).map(deviceId),
  fields: fc.oneof(
    { weight: 3, arbitrary: fc.option(ids).map((parent) => ({ parent })) },
    fc.tuple(fc.constantFrom('a', 'a (2)', 'b.c'), fc.option(ids)).map(([name, parent]) => folderFields(name, parent)),
    fc.tuple(fc.constantFrom('a', 'a (2)', 'b.c'), fc.option(ids)).map(([name, parent]) => fileFields(name, parent, content)),
    fc.constantFrom('a', 'a (2)', 'b.c').map((name) => ({ name })),
    fc.option(fc.nat(3)).map((deletedAt) => ({ deletedAt })),
  ),
})
const steps = fc.array(step, { maxLength: 30 })

describe('tree', () => {
  it('[VLT18] after every change it is what the rules say, and without rings', () => {
    fc.assert(
      fc.property(steps, (given) => {
        const state = createVaultState()
        const tree = createVaultTree()
        for (const { id, time, fields, device } of given) {
          const entry = state.join(entryWith(id, time, fields, device))
          if (entry !== undefined) tree.update(entry)
          const entries = [...state.entries.values()]
          if (pictureOf(tree, entries).toSorted().join() !== plainPictureOf(entries).toSorted().join()) return false
        }
        return true
      }),
      { numRuns: 1000 },
    )
  })

  it('[VLT18] the order in which changes come makes no difference, nor whether they come at once', () => {
    fc.assert(
      fc.property(steps, fc.nat(), (given, seed) => {
        const changes = given.map(({ id, time, fields, device }) => entryWith(id, time, fields, device))
        const state = createVaultState(changes)
        const entries = [...state.entries.values()]
        const other = createVaultState()
        const tree = createVaultTree()
        for (const change of shuffled(changes, seed)) {
          const entry = other.join(change)
          if (entry !== undefined) tree.update(entry)
        }
        return pictureOf(tree, entries).join() === pictureOf(createVaultTree(entries), entries).join()
      }),
      { numRuns: 500 },
    )
  })

  it('[VLT18] says in which folders something came, went or was renamed', () => {
    fc.assert(
      fc.property(steps, (given) => {
        const state = createVaultState()
        const tree = createVaultTree()
        const folders: readonly FolderId[] = [null, ...Array.from({ length: 6 }, (_, first) => entryId(first))]
        const namesIn = (folder: FolderId) =>
          [...tree.namesIn(folder)]
            .map(([name, same]) => `${name} ${same.toSorted().join()}`)
            .toSorted()
            .join()
        return given.every(({ id, time, fields, device }) => {
          const before = folders.map(namesIn)
          const entry = state.join(entryWith(id, time, fields, device))
          const changed = entry === undefined ? new Set<FolderId>() : tree.update(entry)
          return folders.every((folder, place) => changed.has(folder) || namesIn(folder) === before[place])
        })
      }),
    )
  })

  it('[VLT18] a move that closes a ring takes the second newest parent, and the later of two moves gives way', () => {
    const [a, b] = [entryId(1), entryId(2)]
    const made = [entryWith(a, at(1), folderFields('a')), entryWith(b, at(2), folderFields('b'))]
    const moves = [entryWith(a, at(3), { parent: b }), entryWith(b, at(4), { parent: a }, deviceId(2))]
    const entries = [...createVaultState([...made, ...moves]).entries.values()]
    expect(placeFolders(entries)).toEqual(
      new Map([
        [a, b],
        [b, null],
      ]),
    )
    const twice = [...createVaultState([...made, ...moves, entryWith(b, at(3), { parent: a }, deviceId(2))]).entries.values()]
    expect(placeFolders(twice).get(b)).toBe(null)
    // Of two moves at one moment the ids decide, whatever the folders are that they name.
    const [first, last] = [entryWith(a, at(5), folderFields('a', b)), entryWith(b, at(5), folderFields('b', a))]
    expect(placeFolders([last, first])).toEqual(
      new Map([
        [a, b],
        [b, null],
      ]),
    )
  })

  it('[VLT18] what lies in a deleted folder, in a file or in nothing known comes up to the nearest folder that is shown', () => {
    const [outer, inner, file, inFile, inNothing] = [1, 2, 3, 4, 5].map(entryId) as [EntryId, EntryId, EntryId, EntryId, EntryId]
    const state = createVaultState([
      entryWith(outer, at(1), folderFields('outer')),
      entryWith(inner, at(2), { ...folderFields('inner', outer), deletedAt: 9 }),
      entryWith(file, at(3), fileFields('file', inner, content)),
      entryWith(inFile, at(4), folderFields('in file', file)),
      entryWith(inNothing, at(5), fileFields('in nothing', entryId(77), content)),
    ])
    const tree = createVaultTree(state.entries.values())
    expect([file, inFile, inNothing].map((id) => tree.folderOf(id))).toEqual([outer, null, null])
    expect(tree.trash).toEqual(new Set([inner]))
    const restored = state.join(entryWith(inner, at(6), { deletedAt: null }))!
    expect(tree.update(restored)).toEqual(new Set([outer, inner]))
    expect(tree.folderOf(file)).toBe(inner)
    expect([...tree.namesIn(inner)]).toEqual([['file', [file]]])
    expect(tree.trash).toEqual(new Set())
    const forGood = state.join(entryWith(inner, at(7), { deletedAt: 0 }))!
    tree.update(forGood)
    expect([tree.folderOf(inner), tree.folderOf(file), tree.trash.size]).toEqual([undefined, outer, 0])
    expect([...tree.namesIn(inner)]).toEqual([])
    tree.update(state.join(entryWith(inner, at(8), { deletedAt: null }))!)
    expect([[...tree.namesIn(inner)], tree.shownName(file)]).toEqual([[['file', [file]]], 'file'])
  })

  it('[VLT18] among 100,000 entries a rename, a move and a deletion of a file read that entry and no other', () => {
    let reads = 0
    const counted = (entry: VaultEntry): VaultEntry => {
      const { name, parents, ...rest } = entry
      return Object.defineProperties(rest, {
        name: { enumerable: true, get: () => (reads++, name) },
        parents: { enumerable: true, get: () => (reads++, parents) },
      }) as VaultEntry
    }
    const folders = Array.from({ length: 2000 }, (_, n) => idFor(`folder ${n}`))
    const entries = Array.from({ length: 100_000 }, (_, n) =>
      n < 2000
        ? entryWith(folders[n]!, at(n), folderFields(`folder ${n}`, n < 10 ? null : folders[Math.floor(n / 10)]!))
        : entryWith(idFor(`file ${n}`), at(n), fileFields(`file ${n}`, folders[n % 100]!, content)),
    )
    const tree = createVaultTree(entries.map(counted))
    const file = entries[50_000]!
    const update = (fields: Parameters<typeof entryWith>[2]) => {
      reads = 0
      const changed = tree.update(joinEntries(file, entryWith(file.id, at(200_000), fields)))
      return changed.size
    }
    const changed = [
      update({ name: 'renamed' }),
      update({ parent: folders[7]! }),
      update({ deletedAt: 5 }),
      tree.shownName(entries[60_000]!.id),
    ]
    expect(changed).toEqual([1, 2, 1, 'file 60000'])
    // The entry as it was before, counted in its places; all others are left alone.
    expect(reads).toBeLessThan(20)
  })

  it('[VLT18] a chain of 100,000 folders and a ring of as many are placed', () => {
    const chain = (isRing: 'chain' | 'ring') =>
      Array.from({ length: 100_000 }, (_, n) =>
        entryWith(idFor(`${n}`), at(n), folderFields('x', n === 0 ? (isRing === 'ring' ? idFor('99999') : null) : idFor(`${n - 1}`))),
      )
    expect(placeFolders(chain('chain')).get(idFor('99999'))).toBe(idFor('99998'))
    const ring = placeFolders(chain('ring'))
    expect([ring.get(idFor('0')), ring.get(idFor('99999'))]).toEqual([idFor('99999'), null])
  })
})
