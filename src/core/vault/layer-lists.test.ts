import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { brandBytes, type FileKey, type SegmentId } from '../ids.ts'
import { brandId, type Slot } from './entry-id.ts'
import { covers, joinFrontiers, risenAbove, type Frontier } from './frontier.ts'
import { countingLists, floorsOf, isLayerDue, layersToMerge } from './layer-lists.ts'
import { MAX_LAYER_BYTES } from './layer.ts'
import { MAX_LAYERS, type LayerPlace } from './log-body.ts'
import { writePlain } from './log.rig.ts'
import { knowledgeOf, readLog, seenToTell, type OpenedEntry } from './log-reading.ts'
import { deviceId, filled, shuffled } from './vault.rig.ts'

const slot = (first: number): Slot => brandId<Slot>(filled(16, first))
const frontier = (rows: Readonly<Record<number, number>>): Frontier =>
  new Map(Object.entries(rows).map(([first, seq]) => [slot(Number(first)), seq]))
const layer: LayerPlace = { segmentId: brandBytes<SegmentId>(filled(32, 1)), fileKey: brandBytes<FileKey>(filled(32, 2)), bytes: 100 }

/** Returns the chain of a slot: what each of its entries has seen. */
function chain(first: number, ...seens: readonly Readonly<Record<number, number>>[]): readonly OpenedEntry[] {
  const made: OpenedEntry[] = []
  for (const [seq, seen] of seens.entries())
    made.push(
      writePlain(slot(first), seq, {
        prev: made.at(-1)?.entry.digest ?? null,
        device: deviceId(first),
        at: seq,
        changes: [],
        seen: frontier(seen),
      }),
    )
  return made
}

function listing(first: number, seq: number, floors: Readonly<Record<number, number>>, at = 0): OpenedEntry {
  const body = { prev: filled(32, 1), device: deviceId(first), at, changes: [], seen: new Map(), layers: [layer] }
  return writePlain(slot(first), seq, body, frontier(floors))
}

const placesOf = (opened: readonly OpenedEntry[]) => opened.map(({ entry }) => [entry.slot, entry.seq])

describe('frontiers', () => {
  it('[VLT17] joined, one covers its parts; what rose above another is the rest', () => {
    const drawn = fc.dictionary(fc.constantFrom('1', '2', '3'), fc.nat(4)).map((rows) => frontier(rows))
    fc.assert(
      fc.property(drawn, drawn, (a, b) => {
        const joined = joinFrontiers(a, b)
        return (
          covers(joined, a) &&
          covers(joined, b) &&
          covers(joinFrontiers(a, risenAbove(a, joined)), joined) &&
          risenAbove(joined, b).size === 0
        )
      }),
    )
  })
})

describe('reading a log', () => {
  it('[VLT10] entries count as far as their chain is whole, wherever they came from', () => {
    const [a, b] = [chain(1, {}, {}, {}, {}), chain(2, {}, { 1: 3 })]
    const whole = [...a, ...b]
    for (const seed of [1, 2, 3]) {
      const read = readLog(shuffled([...whole, ...whole], seed), new Map())
      expect(placesOf(read.entries)).toEqual(placesOf(whole))
      expect([read.frontier, read.missing, read.forked]).toEqual([frontier({ 1: 3, 2: 1 }), new Map(), new Set()])
    }
    const cut = readLog([a[0]!, a[1]!, a[3]!, ...b], new Map())
    expect(placesOf(cut.entries)).toEqual(placesOf([a[0]!, a[1]!, ...b]))
    expect(cut.missing).toEqual(frontier({ 1: 3 }))
  })

  it('[VLT10] an entry that follows another one than is there is left out', () => {
    const [first, second] = chain(1, {}, {})
    const foreign = chain(1, {}, { 5: 1 }, {})
    expect(placesOf(readLog([first!, foreign[2]!], new Map()).entries)).toEqual(placesOf([first!]))
    const wrong = { ...second!, body: { ...second!.body, prev: filled(32, 7) } }
    expect(placesOf(readLog([first!, wrong], new Map()).entries)).toEqual(placesOf([first!]))
  })

  it('[VLT10] both sides of a fork are read to their ends', () => {
    const [here, there] = [chain(1, {}, {}, {}), chain(1, {}, { 7: 0 }, { 7: 1 })]
    const read = readLog([...here, ...there.slice(1)], new Map())
    expect(read.entries.length).toBe(5)
    expect(read.forked).toEqual(new Set([slot(1)]))
  })

  it('[VLT22] above floors a chain begins anywhere', () => {
    const a = chain(1, {}, {}, {}, {})
    expect(placesOf(readLog(a.slice(2), frontier({ 1: 1 })).entries)).toEqual(placesOf(a.slice(2)))
    expect(readLog(a.slice(3), frontier({ 1: 1, 4: 9 })).frontier).toEqual(frontier({ 1: 1, 4: 9 }))
  })

  it('[VLT17] a device tells of others what is not known that it has, and all above the floors once its entries are covered', () => {
    const opened = [...chain(1, {}, { 2: 0 }), ...chain(2, {}, {}), listing(3, 5, { 3: 4, 4: 9 })]
    const floors = frontier({ 3: 4, 4: 9 })
    expect(seenToTell(slot(1), readLog(opened, floors), floors)).toEqual(frontier({ 2: 1, 3: 5 }))
    const covered = frontier({ 1: 1, 3: 4, 4: 9 })
    expect(seenToTell(slot(1), readLog(opened, covered), covered)).toEqual(frontier({ 2: 1, 3: 5 }))
    const many = Array.from({ length: 40 }, (_, first) => chain(first + 10, {})).flat()
    expect(seenToTell(slot(1), readLog(many, new Map()), new Map()).size).toBe(32)
  })

  it('[VLT17] a device has its own chain, what its entries have seen, and the floors of the lists among that', () => {
    const opened = [
      ...chain(1, { 2: 0 }, {}, { 2: 4 }),
      listing(2, 4, { 2: 3, 3: 8, 4: 1 }),
      listing(4, 1, { 5: 5 }),
      listing(4, 2, { 6: 6 }),
    ]
    expect(knowledgeOf(slot(1), opened)).toEqual(frontier({ 1: 2, 2: 4, 3: 8, 4: 1, 5: 5 }))
    expect(knowledgeOf(slot(9), opened)).toEqual(new Map())
  })
})

describe('lists of layers', () => {
  it('[VLT22] a list is replaced by one that its device wrote later, or whose writer had read it, else both count', () => {
    const [old, newer, apart] = [listing(1, 5, { 1: 4, 2: 3 }), listing(1, 9, { 1: 8, 2: 3 }), listing(2, 4, { 1: 5, 2: 3 })]
    const counting = (...opened: readonly OpenedEntry[]) => countingLists(opened).map(({ slot: of, seq }) => [of, seq])
    expect(counting(old, newer)).toEqual(placesOf([newer]))
    expect(counting(apart, newer, old)).toEqual(placesOf([newer, apart]))
    expect(counting(old, apart)).toEqual(placesOf([apart]))
    expect(counting(listing(1, 5, { 1: 4 }), listing(1, 6, { 1: 4 }))).toEqual([[slot(1), 6]])
    expect(counting(...chain(3, {}, {}))).toEqual([])
  })

  it('[VLT22] a list counts beside one that covers its floors alone: its layers may have what no entry had', () => {
    const [drop, other] = [listing(1, 5, { 1: 4 }), listing(2, 7, { 1: 4, 2: 6 })]
    for (const seed of [1, 2, 3, 4]) {
      expect(countingLists(shuffled([drop, other], seed)).map(({ slot: of }) => of)).toEqual([slot(2), slot(1)])
    }
  })

  it('[VLT22] a layer is due beyond 96 KiB above the floors', () => {
    const [one] = chain(1, {})
    const entries = Array.from({ length: 24 }, () => ({ ...one!, entry: { ...one!.entry, bytes: filled(4096, 1) } }))
    expect([isLayerDue(entries), isLayerDue([...entries, one!])]).toEqual([false, true])
  })

  it('[VLT22] of more slots than floors may name, those in use stay, then the longest', () => {
    const many = new Map(Array.from({ length: 80 }, (_, first) => [slot(first), first]))
    const floors = floorsOf(many, new Set([slot(0), slot(3)]))
    expect([...floors.values()].toSorted((a, b) => a - b)).toEqual([0, 3, ...Array.from({ length: 62 }, (_, place) => 18 + place)])
    expect(floorsOf(frontier({ 1: 2 }), new Set())).toEqual(frontier({ 1: 2 }))
  })

  it('[VLT23] four of a size become one, and all when the small ones reach half of the large', () => {
    const MiB = 1_048_576
    expect(layersToMerge([8 * MiB, 30_000, 20_000, 25_000])).toEqual([])
    expect(layersToMerge([8 * MiB, 30_000, 20_000, 25_000, 17_000])).toEqual([1, 2, 3, 4])
    expect(layersToMerge([8 * MiB, 2 * MiB, 2 * MiB])).toEqual([0, 1, 2])
    expect(layersToMerge([100_000])).toEqual([])
    expect(layersToMerge([100_000, 40_000])).toEqual([])
    expect(layersToMerge([100_000, 60_000])).toEqual([0, 1])
    // Two halves of a vault that does not fit one layer are not small to each other.
    expect(layersToMerge([9 * MiB, 5 * MiB, 30_000])).toEqual([])
  })

  it('[VLT23] there are never more than 16 layers, whatever sizes come', () => {
    const sizes = fc.array(fc.integer({ min: 100, max: 1_800_000 }), { maxLength: 80, size: 'max' })
    fc.assert(fc.property(sizes, (all) => all.reduce(written, []).length <= MAX_LAYERS))
  })

  it('[VLT23] 20,000 renames in a vault of 100,000 cost less than 1 KiB each in layers, coded 5 of 2', () => {
    // 340 renames are 96 KiB of the log, by entries of 288 bytes, and a layer of 20 KB; a vault of 100,000 has 7.4 MB.
    let layers: readonly Written[] = [{ bytes: 7_400_000 }]
    let bytes = 0
    for (let edits = 0; edits < 20_000; edits += 340) {
      const next = written(layers, 20_000)
      for (const layer of next) if (!layers.includes(layer)) bytes += layer.bytes
      layers = next
    }
    expect((2.5 * bytes) / 20_000).toBeLessThan(1024)
  })
})

interface Written {
  readonly bytes: number
}

/** Returns the layers after a new one, merged as the rule says. What does not fit one layer becomes several. */
function written(before: readonly Written[], bytes: number): readonly Written[] {
  let layers: readonly Written[] = [...before, { bytes }]
  for (let rounds = 0; rounds < 3; rounds++) {
    const merged = layersToMerge(layers.map((layer) => layer.bytes))
    if (merged.length === 0) break
    const total = merged.reduce((sum, at) => sum + (layers[at]?.bytes ?? 0), 0)
    const pieces = Math.ceil(total / MAX_LAYER_BYTES)
    layers = [
      ...Array.from({ length: pieces }, () => ({ bytes: Math.ceil(total / pieces) })),
      ...layers.filter((_, at) => !merged.includes(at)),
    ]
  }
  return layers
}
