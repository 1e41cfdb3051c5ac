import type { Libp2p, Stream } from '@libp2p/interface'
import { STOP } from '../adapters/libp2p/protocols.ts'

/** Counts what crosses a relay between two peers, both ways. */
export interface CircuitBytes {
  total(): number
}

/** Counts on the streams a relay opens to the called peer: every relayed byte passes exactly one of them. Call it before the node starts. */
export function countCircuitBytes(node: Libp2p): CircuitBytes {
  let total = 0
  node.use(STOP, [
    (stream, connection, next) => {
      countOn(stream, (bytes) => (total += bytes))
      next(stream, connection)
    },
  ])
  return { total: () => total }
}

function countOn(stream: Stream, count: (bytes: number) => void): void {
  const send = stream.send.bind(stream)
  stream.send = (data) => {
    count(data.byteLength)
    return send(data)
  }
  // Not a 'message' listener: while nobody else listens, libp2p would hand the bytes to the counter alone and lose them.
  if (!isReceiving(stream)) throw new Error('the streams of this libp2p are not the ones this relay knows')
  const receive = stream.onData.bind(stream)
  stream.onData = (data) => {
    count(data.byteLength)
    receive(data)
  }
}

/** What every stream class of `@libp2p/utils` has and no interface shows. */
interface Receiving {
  onData(data: { readonly byteLength: number }): void
}

function isReceiving<T extends object>(stream: T): stream is T & Receiving {
  return 'onData' in stream && typeof stream.onData === 'function'
}
