import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromHex, hex, utf8 } from '../core/bytes.ts'
import { answerBinding } from './stun.ts'

/** RFC 5769, section 2.1: a request of a real client, with every attribute that WebRTC sends. */
const request = fromHex(
  [
    '000100582112a442b7e7a701bc34d686fa87dfae',
    '802200105354554e207465737420636c69656e74',
    '002400046e0001ff80290008932ff9b151263b36',
    '000600096576746a3a68367659202020',
    '000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a280280004e57a3bcf',
  ].join(''),
)
const transaction = 'b7e7a701bc34d686fa87dfae'
const ipv4 = { address: Uint8Array.of(192, 0, 2, 1), port: 32_853 }
const ipv6 = { address: fromHex('20010db8123456780011223344556677'), port: 32_853 }
const bare = bindingRequest()

test('the request of RFC 5769 is answered with the addresses of its sections 2.2 and 2.3', () => {
  expect(hex(answerBinding(request, ipv4) ?? bare)).toBe(`0101000c2112a442${transaction}002000080001a147e112a643`)
  expect(hex(answerBinding(request, ipv6) ?? bare)).toBe(`010100182112a442${transaction}002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9`)
})

test('an attribute that must be understood and is not known is named in an error 420', () => {
  const asked = bindingRequest('0003000400000002', '8022000161000000', '7fff0000')
  const error = `0009001500000414${hex(utf8('Unknown Attribute'))}`
  expect(hex(answerBinding(asked, ipv4) ?? bare)).toBe(`011100242112a442${transaction}${error}000000000a000400037fff`)
})

test.each([
  ['nothing', ''],
  ['half a header', hex(bare.subarray(0, 19))],
  ['another cookie', hex(bare).replace('2112a442', '2112a443')],
  ['an answer', hex(bare).replace(/^0001/, '0101')],
  ['an indication', hex(bare).replace(/^0001/, '0011')],
  ['a length that says less than there is', hex(bindingRequest('80220000')).replace(/^00010004/, '00010000')],
  ['a length that says more than there is', hex(bare).replace(/^00010000/, '00010004')],
  ['a length that is no multiple of four', hex(bare).replace(/^00010000/, '00010002') + '8022'],
  ['an attribute that is longer than the message', hex(bindingRequest('8022000561000000'))],
  ['half an attribute', hex(bindingRequest('80220000')).slice(0, -4)],
  ['more than any client sends', hex(bindingRequest(`80220210${'00'.repeat(528)}`))],
])('no answer to %s', (_, text) => {
  expect(answerBinding(fromHex(text), ipv4)).toBeUndefined()
})

test('whatever arrives, an answer is well formed and hardly longer than the question', () => {
  const edits = fc.array(fc.tuple(fc.nat(request.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 })
  const edited = edits.map((list) => {
    const bytes = request.slice()
    for (const [at, value] of list) bytes[at] = value
    return bytes
  })
  const cut = fc.tuple(edited, fc.nat(request.length)).map(([bytes, length]) => bytes.subarray(0, length))
  const noise = fc.uint8Array({ maxLength: 600 })
  const unknown = fc
    .array(fc.nat(0x7fff), { maxLength: 140 })
    .map((types) => bindingRequest(...types.map((type) => type.toString(16).padStart(4, '0') + '0000')))
  fc.assert(
    fc.property(fc.oneof(edited, cut, noise, unknown), (bytes) => {
      const answer = answerBinding(bytes, ipv6)
      if (answer === undefined) return true
      const length = new DataView(answer.buffer).getUint16(2)
      // The text of an error or an IPv6 address adds 36 bytes at most.
      return (
        length === answer.length - 20 && answer.length <= bytes.length + 36 && hex(answer.subarray(4, 20)) === hex(bytes.subarray(4, 20))
      )
    }),
    { numRuns: 5_000 },
  )
})

/** Returns a binding request with these attributes, in hexadecimal. */
function bindingRequest(...attributes: readonly string[]): Uint8Array {
  const body = attributes.join('')
  return fromHex(`0001${(body.length / 2).toString(16).padStart(4, '0')}2112a442${transaction}${body}`)
}
