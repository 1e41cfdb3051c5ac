import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { brandBytes, type FileKey } from '../ids.ts'
import { createDevices, DAY } from './devices.rig.ts'
import type { EntryId } from './entry-id.ts'
import { createVaultState, joinEntries, kindOf, namedPlaces, type VaultState } from './entry.ts'
import { AWAITED_MS, contentsToEnd, createContentNames, isForgotten, REMEMBERED_MS, type DeviceNews } from './ends.ts'
import { joinFrontiers, nothingSeen, type Frontier } from './frontier.ts'
import { writePlain } from './log.rig.ts'
import { knowledgeOf } from './log-reading.ts'
import { at, deviceId, entryId, entryWith, fileFields, filled, idFor, versionIn } from './vault.rig.ts'

const key = { fileKey: brandBytes<FileKey>(filled(32, 1)), size: 10 }
const isNamedIn = (state: VaultState, content: EntryId) =>
  [...state.entries.values()].some((entry) => namedPlaces(entry).some((place) => place.content === content))

const acts = [
  'store',
  'copy',
  'version',
  'share',
  'trash',
  'restore',
  'for good',
  'unshare',
  'take',
  'tell',
  'meet',
  'meet',
  'layer',
  'wait',
  'end',
  'end',
] as const
const step = fc.record({ by: fc.nat(2), what: fc.constantFrom(...acts), which: fc.nat(20), other: fc.nat(20) })

/** Plays `steps` and returns how many contents were ended, and those that a device still named that had to be waited for. */
function play(steps: readonly (typeof step extends fc.Arbitrary<infer T> ? T : never)[]) {
  const { devices, clock, read, take, commit, tell, writeLayer } = createDevices(writePlain)
  const names = devices.map(() => createContentNames())
  const states = devices.map(() => createVaultState())
  const takenAt = devices.map(() => devices.map(() => clock.now))
  const wrong: EntryId[] = []
  let ended = 0
  const refresh = (number: number): void => {
    const { state, log } = read(devices[number]!.known)
    for (const entry of state.entries.values()) {
      const before = states[number]!.entries.get(entry.id)
      const joined = states[number]!.join(entry)
      if (joined !== undefined) names[number]!.update(before, joined, log.frontier)
    }
  }
  const hear = (to: number, from: number): void => {
    take(devices[to]!, devices[from]!.known)
    for (const [of, { slot }] of devices.entries())
      if (devices[from]!.known.some(({ entry }) => entry.slot === slot)) takenAt[to]![of] = clock.now
  }
  const newsOf = (number: number): readonly DeviceNews[] =>
    devices.flatMap(({ slot }, other) => {
      const news = { takenAt: takenAt[number]![other]!, knows: knowledgeOf(slot, devices[number]!.known), isRemoved: false }
      return other === number ? [] : [news]
    })
  for (const [place, { by: number, what, which, other }] of steps.entries()) {
    clock.now += 60_000
    const by = devices[number]!
    const pick = <T>(items: readonly T[], from: number): T | undefined => items[from % Math.max(1, items.length)]
    const entries = [...states[number]!.entries.values()]
    const files = entries.filter((entry) => kindOf(entry) === 'file')
    const kept = files.filter(({ deletedAt }) => deletedAt?.value !== 0)
    const file = pick(kept, which)
    const links = entries.filter((entry) => kindOf(entry) === 'link')
    const content = file?.versions[0]?.value?.content
    if (what === 'store') {
      // The name first, then what it names. SPEC VLT24.
      commit(by, idFor(`file ${place}`), fileFields('a', null, idFor(`content ${place}`)))
      commit(by, idFor(`content ${place}`), { key })
    } else if (what === 'copy' && content !== undefined) commit(by, idFor(`copy ${place}`), fileFields('b', null, content))
    else if (what === 'version' && file !== undefined && content !== undefined)
      commit(by, pick(kept, other)!.id, { version: versionIn(content), dropped: [pick(kept, other)!.versions[0]!.id] })
    else if (what === 'share' && content !== undefined) {
      const link = { salt: filled(16, 1), fileKey: key.fileKey, files: [], contents: [content], until: 9, isLocked: false }
      commit(by, idFor(`link ${place}`), { link })
    } else if (what === 'trash' && file !== undefined) commit(by, file.id, { deletedAt: clock.now })
    else if (what === 'restore' && file !== undefined) commit(by, file.id, { deletedAt: null })
    else if (what === 'for good' && file !== undefined) commit(by, file.id, { deletedAt: 0 })
    else if (what === 'unshare' && links.length > 0) commit(by, pick(links, which)!.id, { deletedAt: 0 })
    else if (what === 'take') hear(number, other % 3)
    else if (what === 'meet') {
      // Everybody hears everybody, and says so.
      for (const round of ['hear', 'tell', 'hear'])
        for (const [to, device] of devices.entries()) {
          if (round === 'tell') tell(device)
          else for (const from of devices.keys()) hear(to, from)
          refresh(to)
        }
    } else if (what === 'tell') tell(by)
    else if (what === 'layer') writeLayer(by, which % 2 === 0 ? 'everything' : 'new')
    else if (what === 'wait') clock.now += which * DAY
    else if (what === 'end') {
      for (const gone of contentsToEnd(names[number]!.unnamed, newsOf(number), clock.now)) {
        ended++
        const awaited = devices.filter((_, of) => of !== number && clock.now - takenAt[number]![of]! <= AWAITED_MS)
        if (awaited.some(({ known }) => isNamedIn(read(known).state, gone))) wrong.push(gone)
        commit(by, gone, { ended: clock.now })
      }
    }
    refresh(number)
  }
  return { ended, wrong }
}

describe('the end of contents', () => {
  it('[VLT24] none is ended that a device of the last 60 days still names', () => {
    let ended = 0
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
        const played = play(steps)
        ended += played.ended
        return played.wrong.length === 0
      }),
      { numRuns: 300 },
    )
    // Else the histories do not reach what this is about.
    expect(ended).toBeGreaterThan(10)
  })

  it('[VLT24] names are those of files, versions, thumbnails, the trash and links, counted change by change', () => {
    const contents = [1, 2, 3].map(entryId)
    const entry = fc.record({
      id: fc.nat(3).map((n) => entryId(10 + n)),
      ms: fc.nat(9),
      fields: fc.oneof(
        fc
          .nat(2)
          .map((n) => ({ version: versionIn(contents[n]!, n === 2 ? { thumb: { content: contents[0]!, offset: 0, size: 1 } } : {}) })),
        fc.nat(9).map((ms) => ({ dropped: [{ ...at(ms), device: deviceId(1) }] })),
        fc.constantFrom(null, 0, 5).map((deletedAt) => ({ deletedAt })),
      ),
    })
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 20 }), (changes) => {
        const state = createVaultState(contents.map((id) => entryWith(id, at(0), { key })))
        const names = createContentNames(state.entries.values())
        for (const { id, ms, fields } of changes) {
          const before = state.entries.get(id)
          const joined = state.join(entryWith(id, at(ms), fields))
          if (joined !== undefined) names.update(before, joined, nothingSeen)
        }
        return contents.every((id) => names.namesOf(id) > 0 === isNamedIn(state, id) && names.unnamed.has(id) === !isNamedIn(state, id))
      }),
    )
  })

  it('[VLT24] waits for who published within 60 days and was not removed, and for nobody else', () => {
    const mine: Frontier = new Map([['a' as never, 4]])
    const unnamed = new Map([[entryId(1), mine]])
    const news = (more: Partial<DeviceNews> = {}): DeviceNews => ({ takenAt: 0, knows: nothingSeen, isRemoved: false, ...more })
    const toEnd = (device: DeviceNews, now = AWAITED_MS) => contentsToEnd(unnamed, [device], now).length
    expect(toEnd(news())).toBe(0)
    expect(toEnd(news(), AWAITED_MS + 1)).toBe(1)
    expect(toEnd(news({ isRemoved: true }))).toBe(1)
    expect(toEnd(news({ knows: mine }))).toBe(1)
    expect(toEnd(news({ knows: joinFrontiers(new Map([['a' as never, 3]])) }))).toBe(0)
  })

  it('[VLT24] a content named again is waited for anew when it loses its name again', () => {
    const [content, file, copy] = [entryId(1), entryId(2), entryId(3)]
    const names = createContentNames()
    const frontier = (seq: number): Frontier => new Map([['a' as never, seq]])
    const made = entryWith(file, at(1), fileFields('a', null, content))
    const gone = joinEntries(made, entryWith(file, at(2), { deletedAt: 0 }))
    const copied = entryWith(copy, at(3), fileFields('b', null, content))
    const copyGone = joinEntries(copied, entryWith(copy, at(4), { deletedAt: 0 }))
    names.update(undefined, made, frontier(1))
    names.update(undefined, entryWith(content, at(1), { key }), frontier(2))
    names.update(made, gone, frontier(3))
    expect(names.unnamed).toEqual(new Map([[content, frontier(3)]]))
    names.update(undefined, copied, frontier(4))
    expect(names.unnamed.size).toBe(0)
    names.update(copied, copyGone, frontier(5))
    expect(names.unnamed).toEqual(new Map([[content, frontier(5)]]))
    const ended = joinEntries(entryWith(content, at(1), { key }), entryWith(content, at(9), { ended: 9 }))
    names.update(entryWith(content, at(1), { key }), ended, frontier(6))
    expect(names.unnamed.size).toBe(0)
  })

  it('[VLT25] what was ended or deleted for good leaves new layers after 470 days', () => {
    const file = entryWith(entryId(1), at(5), { ...fileFields('a', null, entryId(2)), deletedAt: 0 })
    const content = entryWith(entryId(2), at(5), { key, ended: 5 })
    for (const entry of [file, content])
      expect([isForgotten(entry, 5 + REMEMBERED_MS), isForgotten(entry, 6 + REMEMBERED_MS)]).toEqual([false, true])
    for (const fields of [fileFields('a', null, entryId(2)), { deletedAt: 7 }, { deletedAt: null }, { key }])
      expect(isForgotten(entryWith(entryId(1), at(5), fields), 10 * REMEMBERED_MS)).toBe(false)
  })
})
