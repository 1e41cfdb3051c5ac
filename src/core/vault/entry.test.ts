import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hex } from '../bytes.ts'
import { codeThrownBy } from '../vectors/hostile-bytes.rig.ts'
import { changeBytes, entryOfChange } from './change.ts'
import { createVaultState, currentVersion, isDeleted, joinEntries, kindOf, namedPlaces, type VaultState } from './entry.ts'
import { encodeLayers } from './layer.ts'
import { anyChange, at, deviceId, entryId, entryWith, fileFields, filled, folderFields, shuffled, stateOf, versionIn } from './vault.rig.ts'

const text = (state: VaultState) => encodeLayers(state.entries.values()).map(hex)
const id = entryId(7)

describe('state of the vault', () => {
  it('[VLT15] order, repetition and grouping of changes make no difference', () => {
    fc.assert(
      fc.property(fc.array(anyChange, { maxLength: 12 }), fc.nat(), fc.nat(12), (changes, seed, cut) => {
        const twice = stateOf(shuffled([...changes, ...changes], seed))
        const halves = [stateOf(changes.slice(cut)), stateOf(changes.slice(0, cut))]
        const joined = createVaultState(halves.flatMap(({ entries }) => [...entries.values()]))
        return [twice, joined].every((state) => text(state).join() === text(stateOf(changes)).join())
      }),
      { numRuns: 1000 },
    )
  })

  it('[VLT15] what adds nothing leaves an entry as it was', () => {
    fc.assert(
      fc.property(fc.array(anyChange, { minLength: 1, maxLength: 8 }), (changes) => {
        const state = stateOf(changes)
        return changes.every(({ change, device }) => state.join(entryOfChange(change, device)) === undefined)
      }),
    )
  })

  it('[VLT15] the newest value holds, null among them; what is set once stays', () => {
    const key = (first: number) => ({ fileKey: filled(32, first), size: first }) as never
    const entry = [
      entryWith(id, at(3), { name: 'newest', deletedAt: 5, ended: 9, key: key(2) }),
      entryWith(id, at(2), { name: 'older', storedAt: 4, key: key(1) }),
      entryWith(id, at(4), { deletedAt: null, ended: 1 }, deviceId(0)),
      entryWith(id, at(3), { name: 'same time, lower device' }, deviceId(0)),
    ].reduce(joinEntries)
    expect(entry).toMatchObject({ name: { value: 'newest' }, storedAt: { value: 4 }, ended: { value: 9 }, key: { value: { size: 1 } } })
    expect(isDeleted(entry)).toBe(false)
    expect(entry.deletedAt?.value).toBe(null)
  })

  it('[VLT15] the two newest parents are kept, newest first', () => {
    const moved = (ms: number, parent: number | null) => entryWith(id, at(ms), { parent: parent === null ? null : entryId(parent) })
    const { parents } = [moved(1, 1), moved(3, null), moved(2, 2)].reduce(joinEntries)
    expect(parents.map(({ value }) => value)).toEqual([null, entryId(2)])
  })

  it('[VLT15] every version is kept until it is dropped by name, and moves with its pack without becoming current', () => {
    const made = (ms: number, content: number) => entryWith(id, at(ms), { version: versionIn(entryId(content)) })
    const name = { ...at(1), device: deviceId(1) }
    const older = [made(2, 2), made(1, 1), entryWith(id, at(3), { version: { ...versionIn(entryId(3), { offset: 7 }), id: name } })]
    const moved = older.reduce(joinEntries)
    expect(currentVersion(moved)?.value.content).toBe(entryId(2))
    expect(namedPlaces(moved).map(({ content, offset }) => [content, offset])).toEqual([
      [entryId(2), 0],
      [entryId(3), 7],
    ])
    const dropped = [
      ...older,
      entryWith(id, at(2), { dropped: [name] }),
      entryWith(id, at(9), { version: { ...versionIn(entryId(4)), id: name } }),
    ]
    expect(namedPlaces(dropped.reduce(joinEntries)).map(({ content }) => content)).toEqual([entryId(2)])
    expect(namedPlaces(dropped.toReversed().reduce(joinEntries)).map(({ content }) => content)).toEqual([entryId(2)])
  })

  it('[VLT15] nothing that names bytes is mixed from two changes', () => {
    const contents = (state: VaultState) =>
      [...state.entries.values()].flatMap((entry) => [entry.key?.value, entry.layout?.value, ...entry.versions.map(({ value }) => value)])
    fc.assert(
      fc.property(fc.array(anyChange, { maxLength: 12 }), (changes) => {
        const given = new Set(
          changes.flatMap(({ change, device }) => contents(stateOf([{ change, device }])).map((value) => JSON.stringify(value))),
        )
        return contents(stateOf(changes)).every((value) => value === undefined || value === null || given.has(JSON.stringify(value)))
      }),
    )
  })

  it('[VLT16] a kind is known once all that it needs is there', () => {
    const kinds = [
      folderFields('f'),
      fileFields('f', null, id),
      { name: 'a', parent: null },
      { name: 'a', folder: 1 },
      { parent: null, folder: 1 },
      { name: 'a', version: versionIn(id) },
      { name: 'a', parent: null, dropped: [{ ...at(1), device: deviceId(1) }] },
    ].map((fields) => kindOf(entryWith(id, at(1), fields)))
    expect(kinds).toEqual(['folder', 'file', undefined, undefined, undefined, undefined, undefined])
  })

  it('[VLT11] a change has a field, and one with a long link says how long it is', () => {
    const time = at(1)
    expect(codeThrownBy(() => changeBytes({ entry: id, time, fields: {} }))).toBe('format-invalid')
    expect(changeBytes({ entry: id, time, fields: { deletedAt: 0 } })).toBe(27)
    const contents = Array.from({ length: 30_000 }, (_, n) => (String.fromCharCode(n >> 8, n & 255) + entryId(1).slice(2)) as typeof id)
    const link = { salt: filled(16, 1), fileKey: filled(32, 1) as never, files: [], contents, until: 1, isLocked: false }
    expect(changeBytes({ entry: id, time, fields: { link } })).toBeGreaterThan(30_000 * 17)
    expect(codeThrownBy(() => changeBytes({ entry: id, time, fields: { link: { ...link, contents: [id, id] } } }))).toBe('format-invalid')
  })
})
