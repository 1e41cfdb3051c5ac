import { byteText, concatBytes, equalBytes, utf8, type Bytes } from '../../core/bytes.ts'
import type { Paper } from '../../core/charter.ts'
import { labelledHash } from '../../core/labels.ts'
import { DIGEST_BYTES } from '../../protocol/limits.ts'
import type { GroupDigests } from '../../protocol/sync-messages.ts'
import type { Roll } from './roll.ts'

/**
 * Returns the digests of the newest paper, if there is one, and of the holder and seq of every claim, and of the log if there is one.
 * Source: protocol SPEC SYN2, LOG4.
 */
export function digestsOf(paper: Paper | undefined, roll: Roll, logMark?: string): GroupDigests {
  const all = roll.all().toSorted((a, b) => (a.holder < b.holder ? -1 : 1))
  return {
    paper: short(labelledHash('compare-paper', paper?.bytes ?? new Uint8Array())),
    holders: short(
      labelledHash(
        'compare-holders',
        ...all.flatMap(({ holder, seq }) => [utf8(holder), seqBytes(seq)]),
        ...(logMark === undefined ? [] : [utf8(logMark)]),
      ),
    ),
  }
}

/** Tells whether two peers know the same of a group, as far as digests tell. */
export function areAlike(a: GroupDigests, b: GroupDigests): boolean {
  return equalBytes(a.paper, b.paper) && equalBytes(a.holders, b.holders)
}

/** Returns one text for what two peers know of a group. */
export function textOfBoth(a: GroupDigests, b: GroupDigests): string {
  return textOf(a.paper, a.holders, b.paper, b.holders)
}

/** Returns a text with one character for each byte of `parts`. */
export function textOf(...parts: readonly Uint8Array[]): string {
  return byteText(concatBytes(...parts))
}

function short(digest: Bytes): Bytes {
  return digest.slice(0, DIGEST_BYTES)
}

function seqBytes(seq: number): Bytes {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(seq))
  return bytes
}
