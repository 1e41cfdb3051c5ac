import { formatOf as exactFormatOf, record, type Fields, type Format, type Item, type Shape, type ValuesOf } from '../../core/encoding.ts'
import { byteText } from './fast-bytes.ts'
import { createRemembered } from './remembered.ts'

export * from '../../core/encoding.ts'

/**
 * Stands in for core/encoding.ts in the simulator: what the same bytes were decoded to before is remembered. All peers of a run read the
 * same claims and papers, from each other and at every start from their disks. Decoded values are never changed. Of the messages of
 * conversations the items are remembered that were written last: what was just encoded here needs no parser. The product never runs it.
 */

/** Values remembered of each format, and the longest bytes of one. */
const [MOST_VALUES, MOST_BYTES] = [4_096, 8_192]
/** Messages of each format whose items are remembered: they are under way for a moment. */
const MOST_UNDER_WAY = 1_024
/** Messages of conversations: hardly two of them are alike, though what they carry is. */
const MESSAGE = /^(?:hello|peers|group|shard)(?:-|$)/

/** As in core/encoding.ts. */
export function objectFormat<F extends Fields>(name: string, maxBytes: number, fields: F): Format<ValuesOf<F>> {
  return formatOf(name, maxBytes, record(fields))
}

/** As in core/encoding.ts. */
export function formatOf<T>(name: string, maxBytes: number, shape: Shape<T>): Format<T> {
  const exact = exactFormatOf(name, maxBytes, shape)
  if (MESSAGE.test(name)) return messageFormatOf(name, maxBytes, shape)
  const values = createRemembered<T>(MOST_VALUES)
  return {
    ...exact,
    decode(bytes) {
      if (bytes.length > MOST_BYTES) return exact.decode(bytes)
      const text = byteText(bytes)
      return values.get(text) ?? values.put(text, exact.decode(bytes))
    },
  }
}

function messageFormatOf<T>(name: string, maxBytes: number, shape: Shape<T>): Format<T> {
  let written: Item = null
  const write = (value: T): Item => (written = shape.write(value))
  const exact = exactFormatOf(name, maxBytes, { write, read: shape.read })
  const items = createRemembered<{ readonly item: Item }>(MOST_UNDER_WAY)
  return {
    ...exact,
    encode(value) {
      const bytes = exact.encode(value)
      if (bytes.length <= MOST_BYTES) items.put(byteText(bytes), { item: written })
      return bytes
    },
    decode(bytes) {
      const made = bytes.length > MOST_BYTES ? undefined : items.get(byteText(bytes))
      // Shapes copy what they read, as they do from the parser.
      return made === undefined ? exact.decode(bytes) : shape.read(made.item)
    },
  }
}
