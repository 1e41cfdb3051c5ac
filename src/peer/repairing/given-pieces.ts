import { equalBytes, type Bytes } from '../../core/bytes.ts'
import { ANY_TIME, checkClaim } from '../../core/claim.ts'
import { codeOf, HoardError, isDeviceFault } from '../../core/errors.ts'
import type { PeerId } from '../../core/ids.ts'
import type { GuardedPiece } from '../holding/guarded-groups.ts'
import type { OpenTurn } from '../placing/send-pieces.ts'
import type { RepairTools } from './repair-tools.ts'
import { sendWithin } from '../placing/send-within.ts'

/** Bytes of pieces that were sent. */
export interface SentCount {
  sentBytes: number
}

/** Returns the turn, whose bytes keep to the budget and are counted. */
export function paced(
  { budget, count }: Pick<RepairTools, 'budget'> & { readonly count: SentCount },
  open: OpenTurn,
  signal: AbortSignal,
): OpenTurn {
  const { turn } = open
  return {
    ...open,
    turn: {
      ...turn,
      send: (bytes) =>
        sendWithin(
          budget,
          (part) => turn.send(part),
          bytes,
          signal,
          (length) => (count.sentBytes += length),
        ),
    },
  }
}

/**
 * Takes the claim of a new holder into the roll, as one of whom a piece was found right: it has checked the bytes that were sent to it.
 * @throws HoardError 'signature-invalid' where it is not its claim on the piece; what the catalog throws
 */
export async function takeClaim(
  { parts, holder }: Pick<RepairTools, 'parts'> & { readonly holder: Pick<RepairTools['holder'], 'takeChecked'> },
  { groupId, segmentId }: GuardedPiece,
  index: number,
  peer: PeerId,
  bytes: Bytes,
): Promise<void> {
  // The claim of a holder about itself is taken whatever its date. SPEC GRO5.
  const claim = checkClaim(bytes, ANY_TIME)
  const hasRow = claim.rows.some((row) => row.index === index && equalBytes(row.segmentId, segmentId))
  if (!equalBytes(claim.groupId, groupId) || claim.holder !== peer || !hasRow)
    throw new HoardError('signature-invalid', { object: 'claim' })
  try {
    await holder.takeChecked(peer, claim, { found: 'right', segmentId, at: parts.clock.now() })
  } catch (error) {
    // A roll without room for it hears of the piece by others.
    if (codeOf(error) === undefined || isDeviceFault(error)) throw error
  }
}
