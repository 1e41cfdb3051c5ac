import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concatBytes, equalBytes, fromHex, hex, utf8, type Bytes } from '../bytes.ts'
import { brandBytes, type FileKey } from '../ids.ts'
import { codeThrownBy, editsOf, isRefused } from '../vectors/hostile-bytes.rig.ts'
import vectors from '../vectors/vault-layer.json'
import { createVaultState, joinEntries, type VaultEntry } from './entry.ts'
import { createLayerReader, createLayerWriter } from './layer-bytes.ts'
import { referenceReader, stampReader, wordsOf } from './layer-values.ts'
import { decodeLayer, encodeLayers, MAX_LAYER_BYTES } from './layer.ts'
import { anyChange, at, deviceId, entryId, entryWith, fileFields, filled, folderFields, idFor, stateOf, versionIn } from './vault.rig.ts'

const layerOf = (entries: Iterable<VaultEntry>): Bytes => encodeLayers(entries)[0]!
const isHarmless = (bytes: Uint8Array) => isRefused(() => decodeLayer(bytes)) || equalBytes(layerOf(decodeLayer(bytes)), bytes)

/** A vault as people have it: `count` entries, most files in packs, names of some 20 characters, dropped in batches of 50. */
function largeVault(count: number): readonly VaultEntry[] {
  return Array.from({ length: count }, (_, n) => {
    const [batch, time] = [Math.floor(n / 50), at(1_700_000_000_000 + Math.floor(n / 50) * 60_000, n % 50)]
    const device = deviceId(batch % 3)
    if (n % 50 === 0)
      return entryWith(
        idFor(`folder ${batch}`),
        time,
        folderFields(`Holidays ${batch}`, batch < 40 ? null : idFor(`folder ${batch % 40}`)),
        device,
      )
    if (n % 50 < 11) {
      const key = {
        fileKey: brandBytes<FileKey>(new Uint8Array([...utf8(`${n}`), ...filled(32, n % 251)]).slice(0, 32)),
        size: 3_000_000 + n,
      }
      const layout = { k: 3, m: 12, n: 15, salt: filled(16, n % 251), records: [12] }
      return entryWith(idFor(`content ${n}`), time, { key, layout, storedAt: time.ms }, device)
    }
    const inPack = versionIn(idFor(`content ${batch * 50 + 1}`), {
      offset: (n % 50) * 40_000,
      size: 40_000,
      type: 'image/jpeg',
      at: time.ms - n,
    })
    return entryWith(
      idFor(`file ${n}`),
      time,
      { name: `IMG_2024_${n}_abcdef.jpg`, parent: idFor(`folder ${batch}`), version: inPack },
      device,
    )
  })
}

describe('layer', () => {
  it.each(vectors.valid)('[VLT21] reads and writes $name', ({ bytes, entries }) => {
    const read = decodeLayer(fromHex(bytes))
    expect(read.length).toBe(entries)
    expect(hex(layerOf(read))).toBe(bytes)
  })

  it.each(vectors.invalid)('[VLT21] refuses $name', ({ bytes, error }) => {
    expect(codeThrownBy(() => decodeLayer(fromHex(bytes)))).toBe(error)
  })

  it('[VLT21] has all that is known of every entry, in the one encoding of a state', () => {
    fc.assert(
      fc.property(fc.array(anyChange, { maxLength: 20 }), (changes) => {
        const state = stateOf(changes)
        const layer = layerOf(state.entries.values())
        const read = createVaultState(decodeLayer(layer))
        expect(new Map(read.entries)).toEqual(new Map(state.entries))
        return equalBytes(layer, layerOf([...read.entries.values()].toReversed()))
      }),
      { numRuns: 500 },
    )
  })

  it('[VLT21] accepts no hostile edit that is not the encoding of what it returns', () => {
    const state = stateOf(fc.sample(anyChange, { numRuns: 12, seed: 7 }))
    const good = layerOf([...state.entries.values(), ...largeVault(14)])
    fc.assert(fc.property(editsOf(good), isHarmless), { numRuns: 10_000 })
  })

  it('[VLT21] bytes of chance are refused in the time that it takes to read them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => isHarmless(concatBytes(Uint8Array.of(1), bytes))),
      { numRuns: 2000 },
    )
  })

  it('[VLT21] a count beyond the rest of the bytes allocates nothing, and one beyond the bound is refused', () => {
    const claims = (...numbers: readonly number[]) => {
      const out = createLayerWriter()
      out.bytes(Uint8Array.of(1))
      for (const number of numbers) out.uint(number)
      return out.finish()
    }
    for (const claim of [1_000_000, 2 ** 18, 2 ** 53 - 1])
      for (const place of [0, 1, 2, 3, 4, 8, 13, 14])
        expect(codeThrownBy(() => decodeLayer(claims(...Array<number>(place).fill(0), claim)))).toBe('format-invalid')
    expect(codeThrownBy(() => decodeLayer(concatBytes(claims(0, 0, 2 ** 18 + 1), new Uint8Array(16 * 2 ** 18 + 16))))).toBe(
      'format-invalid',
    )
    expect(codeThrownBy(() => decodeLayer(new Uint8Array(MAX_LAYER_BYTES + 1).fill(1)))).toBe('format-invalid')
    expect(decodeLayer(claims(...Array<number>(15).fill(0)))).toEqual([])
  })

  it('[VLT21] numbers and texts have one encoding each', () => {
    const read = (bytes: readonly number[]) => createLayerReader(new Uint8Array(bytes), 0)
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.integer({ min: -(2 ** 51), max: 2 ** 51 }), fc.string({ unit: 'binary' }), (uint, int, text) => {
        const out = createLayerWriter()
        out.uint(uint)
        out.int(int)
        out.text(text)
        const input = createLayerReader(out.finish(), 0)
        const same = input.uint() === uint && input.int() === int && input.text(1000) === text
        input.finish()
        return same
      }),
    )
    for (const bad of [[0x80, 0], [0x80], Array<number>(20).fill(0x80), [...Array<number>(7).fill(0xff), 0x7f]])
      expect(codeThrownBy(() => read(bad).uint())).toBe('format-invalid')
    for (const bad of [
      [2, 0xc1, 0x80],
      [1, 0x80],
      [3, 0xed, 0xa0, 0x80],
      [4, 0xf4, 0x90, 0x80, 0x80],
      [3, 0xe0, 0x9f, 0xbf],
      [2, 0xe0, 0xa0],
      [1, 0xff],
    ])
      expect([bad, codeThrownBy(() => read(bad).text(9))]).toEqual([bad, 'format-invalid'])
  })

  it('[VLT21] what stands for the one before is not written out', () => {
    const read = (...bytes: readonly number[]) => createLayerReader(new Uint8Array(bytes), 0)
    const ids = wordsOf([entryId(1), entryId(2)])
    const references = (...bytes: readonly number[]) => {
      const next = referenceReader(read(...bytes), ids)
      return () => bytes.map(() => next())
    }
    expect(references(3, 0, 2, 1, 0)()).toEqual([entryId(2), entryId(2), entryId(1), null, null])
    for (const bad of [[2, 2], [1, 1], [0], [4]]) expect([bad, codeThrownBy(references(...bad))]).toEqual([bad, 'format-invalid'])
    const stamps = (...bytes: readonly number[]) => {
      const next = stampReader(read(...bytes), wordsOf([deviceId(1)]))
      return () => [next(0), next(0)]
    }
    expect(stamps(1, 8, 5, 0)()).toEqual([0, 1].map(() => ({ ...at(4, 5), device: deviceId(1) })))
    for (const bad of [[0], [1, 8, 5, 1, 0, 5], [1, 1, 5, 0], [2, 8, 5, 0]])
      expect([bad, codeThrownBy(stamps(...bad))]).toEqual([bad, 'format-invalid'])
  })

  it('[VLT21] what is longer than one layer becomes several, each entry in one of them', () => {
    const entries = Array.from({ length: 60_000 }, (_, n) => entryWith(idFor(`${n}`), at(n), folderFields(`${n}`.padEnd(255, 'x'))))
    const layers = encodeLayers(entries)
    expect(layers.map((layer) => layer.length <= MAX_LAYER_BYTES)).toEqual([true, true])
    expect(layers.reduce((sum, layer) => sum + decodeLayer(layer).length, 0)).toBe(60_000)
  })

  it('[VLT21] an entry takes less than 72 bytes in a vault of 100,000', () => {
    expect(layerOf(largeVault(100_000)).length / 100_000).toBeLessThan(72)
  })

  it('[VLT21] what nothing uses, what is no name, what stands twice or out of order is refused', () => {
    const file = entryWith(entryId(1), at(5), fileFields('name', entryId(2), entryId(3)))
    const good = layerOf([file])
    expect(decodeLayer(good)).toEqual([file])
    const renamed = hex(good).replace(hex(utf8('name')), hex(utf8('na/e')))
    expect(codeThrownBy(() => decodeLayer(fromHex(renamed)))).toBe('format-invalid')
    const oneType = `010a${hex(utf8('text/plain'))}`
    const unusedType = hex(good).replace(oneType, `020a${hex(utf8('text/plain'))}01${hex(utf8('z'))}`)
    expect(unusedType).not.toBe(hex(good))
    expect(codeThrownBy(() => decodeLayer(fromHex(unusedType)))).toBe('format-invalid')
    const moved = [file, entryWith(file.id, at(6), { parent: null, version: versionIn(entryId(3), { size: 9 }) })].reduce(joinEntries)
    expect(decodeLayer(layerOf([moved]))).toEqual([moved])
    for (const field of ['parents', 'versions'] as const) {
      const [newer, older] = moved[field]
      for (const wrong of [
        [older, newer],
        [newer, newer],
      ])
        expect([field, codeThrownBy(() => decodeLayer(layerOf([{ ...moved, [field]: wrong }])))]).toEqual([field, 'format-invalid'])
    }
    // The second of the two other ids is one that the layer has itself.
    const ownWord = hex(good).replace(hex(filled(16, 3)), hex(filled(16, 1)))
    expect(codeThrownBy(() => decodeLayer(fromHex(ownWord)))).toBe('format-invalid')
  })
})
