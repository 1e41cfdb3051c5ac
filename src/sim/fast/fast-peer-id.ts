import type { PeerId } from '../../core/ids.ts'
import { peerIdFromBytes as exactFromBytes } from '../../core/peer-id.ts'
import { byteText } from './fast-bytes.ts'
import { createRemembered } from './remembered.ts'

export * from '../../core/peer-id.ts'

/** Stands in for core/peer-id.ts in the simulator: the names of a few hundred people are written over and over. The product never runs it. */

const nameByBytes = createRemembered<PeerId>(8_192)

/** As in core/peer-id.ts. */
export function peerIdFromBytes(bytes: Uint8Array): PeerId {
  const text = byteText(bytes)
  return nameByBytes.get(text) ?? nameByBytes.put(text, exactFromBytes(bytes))
}
