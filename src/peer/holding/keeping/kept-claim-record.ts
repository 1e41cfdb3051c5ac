import { byteText, type Bytes } from '../../../core/bytes.ts'
import { MAX_CLAIM_BYTES, MAX_CLAIM_ROWS, readClaim } from '../../../core/claim.ts'
import { bytesUpTo, flag, listOf, objectFormat, optional, peerIdentity, tuple, uint } from '../../../core/encoding.ts'
import type { PeerId } from '../../../core/ids.ts'
import { FORMAT_VERSION } from '../../../core/labels.ts'
import { peerIdFromBytes } from '../../../core/peer-id.ts'
import { ranks, type Telling } from '../../roll/roll.ts'

/**
 * The place of a row in its claim, when it was first told and last checked in seconds (0: never), and whether the last look at the piece
 * failed.
 */
export type RowFacts = readonly [row: number, toldAt: number, checkedAt: number, hasFailed: boolean]

/** A claim as the catalog keeps it. */
export interface KeptClaim {
  /** As it was signed. */
  readonly bytes: Bytes
  /** When this device took it, Unix milliseconds; absent in records of earlier versions. */
  readonly takenAt?: number
  readonly telling?: Telling
  readonly rows?: readonly RowFacts[]
}

/** Bytes of everything beside the claim in its record: the facts of a row take up to 16. */
const BESIDE_CLAIM_BYTES = 256 + 16 * MAX_CLAIM_ROWS

const keptFormat = objectFormat('kept-claim', MAX_CLAIM_BYTES + BESIDE_CLAIM_BYTES, {
  bytes: bytesUpTo(MAX_CLAIM_BYTES, 1),
  teller: optional(peerIdentity),
  rank: optional(uint(ranks.placer, ranks.hearsay)),
  isPlacers: optional(flag),
  takenAt: optional(uint()),
  rows: optional(listOf(tuple<RowFacts>(uint(MAX_CLAIM_ROWS - 1), uint(), uint(), flag), { max: MAX_CLAIM_ROWS })),
})

/** Returns the record of a claim taken at `takenAt`; `rows` has the facts of rows that say more than that. */
export function encodeKeptClaim({ bytes, takenAt, telling, rows = [] }: KeptClaim & { readonly takenAt: number }): Bytes {
  return keptFormat.encode({ bytes, ...telling, takenAt, ...(rows.length > 0 && { rows }) })
}

/** Returns the claim of a record; undefined when the disk has spoilt it. Earlier versions kept the bytes of the claim alone. */
export function readKeptClaim(value: Uint8Array): KeptClaim | undefined {
  const kept = orUndefined(() => keptFormat.decode(value))
  if (!kept) return orUndefined(() => readClaim(value)) && { bytes: new Uint8Array(value) }
  const { teller, rank, isPlacers = false, ...rest } = kept
  return { ...rest, ...tellingOf(teller, rank, isPlacers) }
}

/**
 * Returns a function that returns the claim of a record at a twentieth of the cost of `readKeptClaim`: a start reads hundreds of thousands of
 * them, which all were written by `encodeKeptClaim` and lie under the checksums of the catalog. What does not look like one of them is read
 * by `readKeptClaim`. It remembers the names of tellers, who are few.
 */
export function createKeptClaimReader(): (value: Bytes) => KeptClaim | undefined {
  const nameByBytes = new Map<string, PeerId>()
  const nameOf = (bytes: Bytes): PeerId => {
    const text = byteText(bytes)
    const name = nameByBytes.get(text) ?? peerIdFromBytes(bytes)
    nameByBytes.set(text, name)
    return name
  }
  return (value) => orUndefined(() => skim(value, nameOf)) ?? readKeptClaim(value)
}

/** Heads of CBOR. Source: RFC 8949, section 3. */
const [MAP, LIST, BYTES, UINT, FALSE, TRUE] = [0xa0, 0x80, 0x40, 0x00, 0xf4, 0xf5]
const PEER_ID_BYTES = 38

/** Returns the claim of a record; undefined when it is not laid out as one. Throws when it ends too early. */
function skim(value: Bytes, nameOf: (bytes: Bytes) => PeerId): KeptClaim | undefined {
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength)
  let at = 0
  /** Reads a head of `kind` and returns its argument. */
  const head = (kind: number): number => {
    const first = view.getUint8(at++)
    const size = first & 31
    if ((first & 0xe0) !== kind || size > 27) throw new RangeError('another kind')
    if (size < 24) return size
    at += 1 << (size - 24)
    if (size === 24) return view.getUint8(at - 1)
    if (size === 25) return view.getUint16(at - 2)
    return size === 26 ? view.getUint32(at - 4) : Number(view.getBigUint64(at - 8))
  }
  const bytes = (): Bytes => {
    const length = head(BYTES)
    at += length
    return value.slice(at - length, at)
  }
  const mark = (): boolean => {
    const is = view.getUint8(at++)
    if (is !== TRUE && is !== FALSE) throw new RangeError('no flag')
    return is === TRUE
  }
  const row = (): RowFacts => {
    if (head(LIST) !== 4) throw new RangeError('no facts of a row')
    return [head(UINT), head(UINT), head(UINT), mark()]
  }
  if (view.getUint8(at++) !== FORMAT_VERSION) return undefined
  const kept: { claim?: Bytes; teller?: PeerId; rank?: number; isPlacers?: boolean; takenAt?: number; rows?: readonly RowFacts[] } = {}
  for (let fields = head(MAP); fields > 0; fields--) {
    const key = head(UINT)
    if (key === 1) kept.claim = bytes()
    else if (key === 2) {
      const name = bytes()
      if (name.length !== PEER_ID_BYTES) return undefined
      kept.teller = nameOf(name)
    } else if (key === 3) kept.rank = head(UINT)
    else if (key === 4) kept.isPlacers = mark()
    else if (key === 5) kept.takenAt = head(UINT)
    else if (key === 6) kept.rows = Array.from({ length: head(LIST) }, row)
    else return undefined
  }
  const { claim, teller, rank, isPlacers = false, takenAt, rows } = kept
  if (claim === undefined || at !== value.length) return undefined
  return { bytes: claim, ...(takenAt !== undefined && { takenAt }), ...tellingOf(teller, rank, isPlacers), ...(rows && { rows }) }
}

function tellingOf(teller: PeerId | undefined, rank: number | undefined, isPlacers: boolean): { readonly telling?: Telling } {
  const known = Object.values(ranks).find((each) => each === rank)
  return teller !== undefined && known !== undefined ? { telling: { teller, rank: known, isPlacers } } : {}
}

/** Damage on this disk is no error of the peer that asks: a record that cannot be read counts as absent. */
function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
