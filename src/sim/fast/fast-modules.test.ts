import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as exactBytes from '../../core/bytes.ts'
import * as exactEncoding from '../../core/encoding.ts'
import * as exactLabels from '../../core/labels.ts'
import * as exactPeerIdText from '../../core/peer-id-text.ts'
import * as exactPeerId from '../../core/peer-id.ts'
import * as exactSignature from '../../core/signature.ts'
import * as exactSigned from '../../core/signed.ts'
import * as fastBytes from './fast-bytes.ts'
import * as fastEncoding from './fast-encoding.ts'
import * as fastLabels from './fast-labels.ts'
import * as fastPeerIdText from './fast-peer-id-text.ts'
import * as fastPeerId from './fast-peer-id.ts'
import * as fastSignature from './fast-signature.ts'
import * as fastSigned from './fast-signed.ts'

test.each([
  ['bytes', exactBytes, fastBytes],
  ['encoding', exactEncoding, fastEncoding],
  ['labels', exactLabels, fastLabels],
  ['peer-id-text', exactPeerIdText, fastPeerIdText],
  ['peer-id', exactPeerId, fastPeerId],
  ['signature', exactSignature, fastSignature],
  ['signed', exactSigned, fastSigned],
])('what stands in for %s has the same names', (_name, exact, fast) => {
  expect(Object.keys(fast).toSorted()).toEqual(Object.keys(exact).toSorted())
})

const some = (bytes: number) => fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((array) => new Uint8Array(array))
const outcomeOf = (run: () => unknown): unknown => {
  try {
    return run()
  } catch (error) {
    return String(error)
  }
}

test('[ENC5] the same bytes are decoded to the same value again and again, and what is refused once is refused again', () => {
  const fields = { id: exactEncoding.bytesOf(4), at: exactEncoding.uint() }
  const [exact, fast] = [exactEncoding, fastEncoding].map(({ objectFormat }) => objectFormat('sample', 64, fields)) as [
    exactEncoding.Format<{ id: Uint8Array<ArrayBuffer>; at: number }>,
    exactEncoding.Format<{ id: Uint8Array<ArrayBuffer>; at: number }>,
  ]
  fc.assert(
    fc.property(some(4), fc.maxSafeNat(), fc.nat(), fc.nat(255), (id, at, place, byte) => {
      const good = exact.encode({ id, at })
      const bad = good.map((each, where) => (where === place % good.length ? byte : each))
      for (const bytes of [good, bad, good, bad]) {
        expect(outcomeOf(() => fast.decode(bytes.slice()))).toEqual(outcomeOf(() => exact.decode(bytes)))
      }
      expect(fast.encode({ id, at })).toEqual(good)
    }),
  )
})

test('[ENC5] a message that was encoded here is decoded to the same value as by the parser, each time anew', () => {
  const fields = { id: exactEncoding.bytesOf(4), at: exactEncoding.uint(), names: exactEncoding.listOf(exactEncoding.text(16), { max: 3 }) }
  const [exact, fast] = [exactEncoding, fastEncoding].map(({ formatOf }) => formatOf('group-ask', 96, exactEncoding.record(fields))) as [
    exactEncoding.Format<{ id: Uint8Array<ArrayBuffer>; at: number; names: readonly string[] }>,
    exactEncoding.Format<{ id: Uint8Array<ArrayBuffer>; at: number; names: readonly string[] }>,
  ]
  const names = fc.array(fc.string({ unit: 'binary', maxLength: 4 }), { maxLength: 3 })
  fc.assert(
    fc.property(some(4), fc.maxSafeNat(), names, fc.nat(), fc.nat(255), (id, at, all, place, byte) => {
      const value = { id, at, names: all, more: 'left out' }
      const good = fast.encode(value)
      const bad = good.map((each, where) => (where === place % good.length ? byte : each))
      value.id = id.map((each) => each ^ 1)
      expect(good).toEqual(exact.encode({ id, at, names: all }))
      for (const bytes of [good, bad, good, bad]) {
        const first = outcomeOf(() => fast.decode(bytes.slice()))
        expect(first).toEqual(outcomeOf(() => exact.decode(bytes)))
        expect(fast.decode(good).id).not.toBe(fast.decode(good).id)
      }
    }),
  )
})

test('bytes have the same texts, wherever they lie in their buffer', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 1_024 }), fc.nat(100), (whole, from) => {
      const bytes = whole.subarray(from)
      expect([fastBytes.hex(bytes), fastBytes.byteText(bytes)]).toEqual([exactBytes.hex(bytes), exactBytes.byteText(bytes)])
    }),
  )
})

test('[LAB2, PID1, PID2] digests and names of people are the same', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme-ascii', maxLength: 20 }), some(32), fc.nat(37), (purpose, key, place) => {
      expect(fastLabels.labelledHash(purpose, key, new Uint8Array(), key)).toEqual(
        exactLabels.labelledHash(purpose, key, new Uint8Array(), key),
      )
      const name = exactPeerId.peerIdOf(key)
      const bytes = exactPeerId.peerIdBytes(name)
      const wrong = bytes.map((each, at) => (at === place ? each ^ 1 : each))
      for (const each of [bytes, wrong, bytes, wrong, bytes.slice(1)]) {
        expect(outcomeOf(() => fastPeerId.peerIdFromBytes(each))).toEqual(outcomeOf(() => exactPeerId.peerIdFromBytes(each)))
      }
      for (const each of [name, name.slice(1), `${name}1`, name]) {
        expect(outcomeOf(() => fastPeerIdText.decodePeerIdText(each))).toEqual(outcomeOf(() => exactPeerIdText.decodePeerIdText(each)))
      }
    }),
    { numRuns: 30 },
  )
})

test('[SIG1] what was decoded once is checked against each key once', () => {
  const fields = { at: exactEncoding.uint() }
  const format = fastSigned.signedFormat('sample', 200, fields)
  const [seed, other] = [1, 2].map((fill) => new Uint8Array(32).fill(fill)) as [Uint8Array, Uint8Array]
  const bytes = format.encode({ at: 5 }, exactSignature.signWith(seed, format.message({ at: 5 })))
  const signed = format.decode(bytes)
  for (const key of [seed, other, seed, other]) {
    const check = outcomeOf(() => format.check(exactSignature.publicKeyOf(key), signed))
    expect(check === undefined).toBe(key === seed)
  }
})
