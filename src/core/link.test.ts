import { gcm } from '@noble/ciphers/aes.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { equalBytes, fromHex, hex } from './bytes.ts'
import { brandBytes, type FileKey, type GroupKey, type GroupId } from './ids.ts'
import {
  decodeLinkObject,
  decodeLockedLink,
  encodeLinkObject,
  encodeLockedLink,
  isLockedLink,
  LINK_FRAGMENT_CHARACTERS,
  linkFragment,
  parseLinkFragment,
  type LinkItem,
} from './link.ts'
import { passphraseKeyOf } from './passphrase.ts'
import fragments from './vectors/link-fragment.json'
import { codeThrownBy, editsOf, isRefused, plain } from './vectors/hostile-bytes.rig.ts'
import vectors from './vectors/link.json'

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => new Uint8Array(bytes))
const fileKey = bytes32.map((bytes) => brandBytes<FileKey>(bytes))

describe('link object', () => {
  it.each(vectors.valid)('[LNK1] reads and writes $name', ({ bytes, items }) => {
    const decoded = decodeLinkObject(fromHex(bytes))
    expect(plain(decoded)).toEqual(items)
    expect(hex(encodeLinkObject(decoded))).toBe(bytes)
    expect(isLockedLink(fromHex(bytes))).toBe(false)
  })

  it.each(vectors.invalid)('[LNK1] refuses $name', ({ bytes, error }) => {
    expect(codeThrownBy(() => decodeLinkObject(fromHex(bytes)))).toBe(error)
  })

  it('[LNK1] decodes what it encoded', () => {
    const item: fc.Arbitrary<LinkItem> = fc
      .tuple(bytes32, fileKey, fc.nat(2 ** 46), fc.string({ unit: 'grapheme' }), fc.string())
      .map(([groupKey, key, size, name, type]) => ({
        capability: { groupKey: brandBytes<GroupKey>(groupKey), fileKey: key, size },
        name,
        type,
        size,
      }))
    fc.assert(
      fc.property(fc.array(item, { minLength: 1, maxLength: 8 }), (items) => {
        expect(plain(decodeLinkObject(encodeLinkObject(items)))).toEqual(plain(items))
      }),
    )
  })

  it('[LNK1] accepts no hostile edit that is not the encoding of what it returns', () => {
    const good = fromHex(vectors.valid[0]?.bytes ?? '')
    fc.assert(
      fc.property(
        editsOf(good, 20),
        (bad) => isRefused(() => decodeLinkObject(bad)) || equalBytes(encodeLinkObject(decodeLinkObject(bad)), bad),
      ),
      { numRuns: 100_000 },
    )
  })
})

describe('locked link', () => {
  const { locked } = vectors

  it('[LNK2] is opened by its passphrase, however that was typed', () => {
    const bytes = fromHex(locked.bytes)
    expect(isLockedLink(bytes)).toBe(true)
    expect(codeThrownBy(() => decodeLinkObject(bytes))).toBe('format-invalid')
    const { salt, sealed } = decodeLockedLink(bytes)
    expect(hex(encodeLockedLink({ salt, sealed }))).toBe(locked.bytes)
    const key = passphraseKeyOf(locked.passphrase.normalize('NFD'), salt)
    expect(hex(key)).toBe(locked.key)
    expect(hex(gcm(key, new Uint8Array(12)).decrypt(sealed))).toBe(locked.opens)
    expect(hex(passphraseKeyOf(`${locked.passphrase} `, salt))).not.toBe(locked.key)
  })

  it.each(vectors.lockedInvalid)('[LNK2] refuses $name', ({ bytes, error }) => {
    expect(codeThrownBy(() => decodeLockedLink(fromHex(bytes)))).toBe(error)
  })
})

describe('link fragment', () => {
  it.each(fragments.valid)('[LNK3] reads and writes $name', ({ groupId, fileKey: key, fragment }) => {
    expect(plain(parseLinkFragment(fragment))).toEqual({ groupId, fileKey: key })
    expect(linkFragment(parseLinkFragment(fragment))).toBe(fragment)
    expect(fragment.length).toBe(LINK_FRAGMENT_CHARACTERS)
  })

  it.each(fragments.invalid)('[LNK4] refuses $name', ({ fragment, error }) => {
    expect(codeThrownBy(() => parseLinkFragment(fragment))).toBe(error)
  })

  it('[LNK3] parses what it wrote', () => {
    fc.assert(
      fc.property(bytes32, fileKey, (groupId, key) => {
        const target = { groupId: brandBytes<GroupId>(groupId), fileKey: key }
        expect(plain(parseLinkFragment(linkFragment(target)))).toEqual(plain(target))
      }),
    )
  })

  it('[LNK4] accepts no hostile edit', () => {
    const good = fragments.valid[0]?.fragment ?? ''
    const at = fc.nat(good.length - 1)
    const letter = fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/= %#\n'.split(''))
    const edit = fc.oneof(
      fc.tuple(at, letter).map(([place, put]) => good.slice(0, place) + put + good.slice(place + 1)),
      fc.tuple(at, letter).map(([place, put]) => good.slice(0, place) + put + good.slice(place)),
      fc.tuple(at, fc.integer({ min: 1, max: 8 })).map(([place, length]) => good.slice(0, place) + good.slice(place + length)),
      fc.tuple(at, at).map(([from, to]) => good.slice(0, from) + good.slice(to)),
      fc.string().map((more) => good + more),
      fc.string(),
    )
    const isTold = (bad: string) => ['link-malformed', 'format-unknown'].includes(String(codeThrownBy(() => parseLinkFragment(bad))))
    fc.assert(
      fc.property(edit, (bad) => bad === good || isTold(bad)),
      { numRuns: 100_000 },
    )
  })
})
