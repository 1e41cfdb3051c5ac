import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hex } from '../bytes.ts'
import { brandBytes, type FileKey } from '../ids.ts'
import type { ChangedFields } from './change.ts'
import { createDevices } from './devices.rig.ts'
import type { EntryId } from './entry-id.ts'
import { currentVersion, kindOf, type VaultState } from './entry.ts'
import { encodeLayers } from './layer.ts'
import { writePlain, writeSealed, type WriteEntry } from './log.rig.ts'
import { createVaultTree } from './tree.ts'
import { fileFields, filled, folderFields, idFor, shuffled, stateOf, versionIn } from './vault.rig.ts'

const changes = ['folder', 'file', 'rename', 'move', 'delete', 'restore', 'version', 'copy', 'share', 'drop version'] as const
/** What a device does next. The numbers choose among what it has. */
const act = fc.record({
  by: fc.nat(2),
  what: fc.constantFrom(...changes, 'take' as const, 'take' as const, 'layer' as const, 'forget' as const),
  which: fc.nat(50),
  other: fc.nat(50),
})
type Act = typeof act extends fc.Arbitrary<infer T> ? T : never
const history = fc.array(act, { maxLength: 60, size: 'max' })
const link = { salt: filled(16, 1), fileKey: brandBytes<FileKey>(filled(32, 2)), files: [], until: 9, isLocked: false }

function play(acts: readonly Act[], write: WriteEntry) {
  const world = createDevices(write)
  const { devices, made, clock, read, take, commit } = world
  const overruled: string[] = []
  for (const { by: number, what, which, other } of acts) {
    clock.now += 1000
    const by = devices[number]!
    if (what === 'take') take(by, shuffled(devices[other % 3]!.known, which).slice(0, 1 + (which % 12)))
    else if (what === 'layer') world.writeLayer(by, which % 2 === 0 ? 'everything' : 'new')
    else if (what === 'forget') world.forget(by)
    else {
      const drawn = fieldsOf({ what, which, other }, read(by.known).state, `${made.length} ${number}`, clock.now)
      if (drawn === undefined) continue
      const { entry, fields } = drawn
      commit(by, entry, fields)
      const known = read(by.known).state.entries.get(entry)
      if (fields.name !== undefined && known?.name?.value !== fields.name) overruled.push(fields.name)
      if (fields.parent !== undefined && known?.parents[0]?.value !== fields.parent) overruled.push('parent')
    }
  }
  return { ...world, overruled, everything: devices.flatMap(({ known }) => known) }
}

function fieldsOf(
  { what, which, other }: { readonly what: (typeof changes)[number]; readonly which: number; readonly other: number },
  state: VaultState,
  unique: string,
  now: number,
): { readonly entry: EntryId; readonly fields: ChangedFields } | undefined {
  const pick = <T>(items: readonly T[], at: number): T | undefined => items[at % Math.max(1, items.length)]
  const all = [...state.entries.values()].filter((entry) => ['folder', 'file'].includes(kindOf(entry) ?? ''))
  const [one, target] = [pick(all, which), pick(all, other)]
  const files = all.filter((entry) => kindOf(entry) === 'file')
  const file = pick(files, which)
  const content = idFor(`content ${unique}`)
  const fresh = (fields: ChangedFields) => ({ entry: idFor(unique), fields })
  const on = (entry: { readonly id: EntryId } | undefined, fields: ChangedFields) => entry && { entry: entry.id, fields }
  switch (what) {
    case 'folder':
      return fresh(folderFields(`n${which % 4}`, target?.id ?? null))
    case 'file':
      return fresh(fileFields(`n${which % 4}`, target?.id ?? null, content))
    case 'rename':
      return on(one, { name: `n${other % 4}` })
    case 'move':
      return on(one, { parent: target?.id ?? null })
    case 'delete':
      return on(one, { deletedAt: now })
    case 'restore':
      return on(one, { deletedAt: null })
    case 'version':
      return on(file, { version: versionIn(content, { size: which }) })
    case 'copy':
      return file && fresh(fileFields('copy', null, currentVersion(file)!.value.content))
    case 'share':
      return file && fresh({ name: 'link', link: { ...link, contents: [currentVersion(file)!.value.content] } })
    case 'drop version':
      return on(file, {
        dropped: [file?.versions[other % file.versions.length]?.id ?? { ms: 0, count: 0, device: filled(16, 0) as never }],
      })
  }
}

const text = (state: VaultState) => encodeLayers(state.entries.values()).map(hex).join()
const pictureOf = (state: VaultState) => {
  const tree = createVaultTree(state.entries.values())
  return [...state.entries.keys()]
    .map((id) => `${id} ${tree.folderOf(id)} ${tree.shownName(id)}`)
    .toSorted()
    .join()
}

describe('histories of three devices', () => {
  it('[VLT15] [VLT22] through entries and layers, in any order, with partitions and repetitions: one state, and nothing lost', () => {
    fc.assert(
      fc.property(history, fc.nat(), (acts, seed) => {
        const { made, everything, read } = play(acts, writePlain)
        const all = stateOf(made)
        const here = read(shuffled(everything, seed)).state
        const there = read(shuffled([...everything, ...everything], seed + 1)).state
        return text(here) === text(all) && text(there) === text(all) && pictureOf(here) === pictureOf(all)
      }),
      { numRuns: 1000 },
    )
  })

  it('[VLT8] [VLT9] the same through entries that are sealed and signed', () => {
    fc.assert(
      fc.property(history, fc.nat(), (acts, seed) => {
        const { made, everything, read } = play(acts.slice(0, 25), writeSealed)
        return text(read(shuffled(everything, seed)).state) === text(stateOf(made))
      }),
      { numRuns: 10 },
    )
  })

  it('[VLT14] what a person renames or moves is so at once, also with clocks three days behind the others', () => {
    fc.assert(
      fc.property(history, (acts) => {
        expect(play(acts, writePlain).overruled).toEqual([])
      }),
      { numRuns: 100 },
    )
  })
})
