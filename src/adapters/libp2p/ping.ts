import type { Connection } from '@libp2p/interface'
import { equalBytes } from '../../core/bytes.ts'
import { brandPeerId } from '../../core/ids.ts'
import type { Clock } from '../../ports/clock.ts'
import { createChannel, createUnreadMeter } from './channel.ts'
import { startDeadline } from './deadline.ts'
import { PING } from './protocols.ts'

const ANSWER_MS = 10_000
const PING_BYTES = 32

/** Tells whether the far side of exactly this connection answers within ten seconds. Never throws. */
export async function answersPing(connection: Connection, clock: Clock, closing: AbortSignal): Promise<boolean> {
  const deadline = startDeadline(clock, ANSWER_MS, closing)
  try {
    const stream = await connection.newStream(PING, { signal: deadline.signal, runOnLimitedConnection: true })
    const channel = createChannel(stream, brandPeerId(connection.remotePeer.toString()), createUnreadMeter())
    try {
      const sent = crypto.getRandomValues(new Uint8Array(PING_BYTES))
      await channel.write(sent)
      const answer = new Uint8Array(PING_BYTES)
      for (let at = 0; at < PING_BYTES;) {
        const bytes = await channel.read({ signal: deadline.signal })
        if (bytes === undefined) return false
        answer.set(bytes.subarray(0, PING_BYTES - at), at)
        at += bytes.length
      }
      return equalBytes(sent, answer)
    } finally {
      void channel.close()
    }
  } catch {
    return false
  } finally {
    deadline.clear()
  }
}
