import type { Bytes } from '../../core/bytes.ts'
import { decodePeerIdText as exactDecode } from '../../core/peer-id-text.ts'
import { createRemembered } from './remembered.ts'

export * from '../../core/peer-id-text.ts'

/** Stands in for core/peer-id-text.ts in the simulator: the names of a few hundred people are read over and over. The product never runs it. */

const bytesByText = createRemembered<Bytes>(8_192)

/** As in core/peer-id-text.ts. */
export function decodePeerIdText(text: string): Bytes {
  return new Uint8Array(bytesByText.get(text) ?? bytesByText.put(text, exactDecode(text)))
}
