import type { Bytes } from '../../core/bytes.ts'
import { bytesUpTo, type Fields, flag, idOf, listOf, uint } from '../../core/encoding.ts'
import type { GroupId, PeerId } from '../../core/ids.ts'
import { type Frontier, frontierShape } from '../../core/vault/frontier.ts'
import { MAX_FLOORS, MAX_LOG_ENTRY_BYTES, MAX_SLOTS } from '../../core/vault/log-entry.ts'

/** The side of a holder that keeps the logs of groups. A peer without a method drops the stream, as one that does not know the kind. */
export interface LogHost {
  /**
   * Resolves once everything new among `entries` is on disk, up to the first one that is wrong or does not fit.
   * @throws HoardError 'holder-refused' UNKNOWN | EXPIRED | FULL | QUOTA | RATE | 'signature-invalid' | 'format-invalid' | 'format-unknown'
   * Source: SPEC.md LOG1.
   */
  putLog(peer: PeerId, groupId: GroupId, entries: readonly Bytes[]): Promise<void>
  /** Returns the entries that `have` does not cover, in a stable order. Throws HoardError 'holder-refused' UNKNOWN | EXPIRED | BUSY. SPEC LOG2. */
  getLog(groupId: GroupId, have: Frontier): Promise<readonly Bytes[]>
}

/** Most slots that the asking side says it has: those of the floors, and those in use above them. SPEC LOG2. */
export const MAX_HAVE = MAX_FLOORS + MAX_SLOTS
/** Most entries of one message: the shortest are 140 bytes long. SPEC LOG1. */
const MAX_PAGE_ENTRIES = 512
/** Most entries of a log. */
const MAX_ENTRIES = 2048

const entry = bytesUpTo(MAX_LOG_ENTRY_BYTES, 1)

/** The fields of a `log-put` message. */
export const logPutFields = { groupId: idOf<GroupId>(), entries: listOf(entry, { min: 1, max: MAX_PAGE_ENTRIES }) } satisfies Fields
/** The fields of a `log-get` message: `from` counts the entries that have come already. */
export const logGetFields = { groupId: idOf<GroupId>(), have: frontierShape(MAX_HAVE), from: uint(MAX_ENTRIES) } satisfies Fields
/** The fields of its answer. */
export const logFields = { entries: listOf(entry, { max: MAX_PAGE_ENTRIES }), isMore: flag } satisfies Fields
