import { raceSignal } from '../../flow/deadline.ts'
import type { Bucket } from '../../protocol/pace/bucket.ts'

/** Bytes that are sent at once of one piece. */
const SENT_BYTES = 65_536

/**
 * Sends `bytes` by `send`, a part at a time, as far as the budget allows; `onSent` is told of each part. Throws what `send` throws, and
 * `signal.reason`.
 */
export async function sendWithin(
  budget: Pick<Bucket, 'take'>,
  send: (part: Uint8Array) => Promise<void>,
  bytes: Uint8Array,
  signal: AbortSignal,
  onSent: (length: number) => void = () => undefined,
): Promise<void> {
  for (let at = 0; at < bytes.length; at += SENT_BYTES) {
    const part = bytes.subarray(at, at + SENT_BYTES)
    await raceSignal(budget.take(part.length) ?? Promise.resolve(), signal)
    await send(part)
    onSent(part.length)
  }
}
