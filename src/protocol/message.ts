import { type Fields, formatOf, type Format, record, type Shape, uint, type ValuesOf } from '../core/encoding.ts'
import { assert, HoardError } from '../core/errors.ts'
import { CONTROL_BYTES } from './limits.ts'

/** The messages that one direction of a conversation knows, by name; the number on the wire is the place, from 1 on. */
export type Kinds = Readonly<Record<string, Fields>>
/** Any one of the messages of `K`, told apart by `is`. */
export type MessageOf<K extends Kinds> = { [Name in keyof K & string]: { readonly is: Name } & ValuesOf<K[Name]> }[keyof K & string]

/**
 * Returns the format of one direction of a conversation: a map whose key 1 is the number of the kind, and whose keys 2, 3, ... are the
 * fields of that kind in their order. At most 64 KiB.
 * Source: SPEC.md WIR4.
 */
export function messageFormat<K extends Kinds>(name: string, kinds: K): Format<MessageOf<K>> {
  const numbered = Object.entries(kinds).map(([is, fields], place) => ({
    is,
    number: place + 1,
    shape: record({ kind: uint(place + 1, place + 1), ...fields }),
  }))
  const shape: Shape<MessageOf<K>> = {
    write: (message) => {
      const kind = numbered.find(({ is }) => is === message.is)
      assert(kind !== undefined, 'only messages of the conversation are sent')
      return kind.shape.write({ ...message, kind: kind.number })
    },
    read: (item) => {
      const number: unknown = item instanceof Map ? item.get(1) : undefined
      const kind = numbered.find((candidate) => candidate.number === number)
      if (kind === undefined) throw new HoardError('format-invalid', { reason: 'unknown message' })
      const { kind: _number, ...values } = kind.shape.read(item)
      return { is: kind.is, ...values } as MessageOf<K>
    },
  }
  return formatOf(name, CONTROL_BYTES, shape)
}
