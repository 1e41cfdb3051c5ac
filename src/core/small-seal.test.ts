import { createDecipheriv } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { equalBytes, utf8 } from './bytes.ts'
import { deriveKey } from './labels.ts'
import { openSmall, sealSmall } from './small-seal.ts'
import { codeThrownBy } from './vectors/hostile-bytes.rig.ts'

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 })
const contents = fc.uint8Array({ maxLength: 4096 })

test('[SML1] a sealed text is 16 bytes longer and opens again', () => {
  fc.assert(
    fc.property(bytes32, bytes32, contents, (parent, r, content) => {
      const sealed = sealSmall(parent, 'try', r, content)
      return sealed.length === content.length + 16 && equalBytes(openSmall(parent, 'try', r, sealed), content)
    }),
  )
})

test('[SML1] is AES-256-GCM under the derived key with a zero nonce and the tag last', () => {
  const [parent, r, content] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2), utf8('what nobody else reads')]
  const sealed = sealSmall(parent, 'try', r, content)
  const independent = createDecipheriv('aes-256-gcm', deriveKey(parent, 'try', r), new Uint8Array(12))
  independent.setAuthTag(sealed.subarray(-16))
  expect(Buffer.concat([independent.update(sealed.subarray(0, -16)), independent.final()]).toString()).toBe('what nobody else reads')
})

test('[SML2] another parent, purpose, r or byte is found out, and cut or longer ones too', () => {
  const [parent, r, content] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2), utf8('content')]
  const sealed = sealSmall(parent, 'try', r, content)
  const flipped = (bytes: Uint8Array, at: number) => bytes.map((byte, place) => (place === at ? byte ^ 1 : byte))
  const attempts = [
    () => openSmall(flipped(parent, 31), 'try', r, sealed),
    () => openSmall(parent, 'tri', r, sealed),
    () => openSmall(parent, 'try', flipped(r, 0), sealed),
    () => openSmall(parent, 'try', r, new Uint8Array([...sealed, 0])),
    ...Array.from({ length: sealed.length }, (_, at) => () => openSmall(parent, 'try', r, flipped(sealed, at))),
    ...Array.from({ length: sealed.length }, (_, length) => () => openSmall(parent, 'try', r, sealed.subarray(0, length))),
  ]
  expect(new Set(attempts.map(codeThrownBy))).toEqual(new Set(['record-damaged']))
})
