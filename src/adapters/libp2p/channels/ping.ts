import type { Connection } from '@libp2p/interface'
import { equalBytes } from '../../../core/bytes.ts'
import { brandPeerId } from '../../../core/ids.ts'
import type { Clock } from '../../../ports/clock.ts'
import { createChannel, createUnreadMeter } from './channel.ts'
import { PING } from '../protocols.ts'
import { within } from '../../../flow/deadline.ts'

const ANSWER_MS = 10_000
const PING_BYTES = 32

/** Tells whether the far side of exactly this connection answers within ten seconds. Never throws. */
export async function answersPing(connection: Connection, clock: Clock, closing: AbortSignal): Promise<boolean> {
  return within(clock, ANSWER_MS, closing, (signal) => ping(connection, signal)).catch(() => false)
}

async function ping(connection: Connection, signal: AbortSignal): Promise<boolean> {
  const stream = await connection.newStream(PING, { signal, runOnLimitedConnection: true })
  const channel = createChannel(stream, brandPeerId(connection.remotePeer.toString()), createUnreadMeter())
  try {
    const sent = crypto.getRandomValues(new Uint8Array(PING_BYTES))
    await channel.write(sent)
    const answer = new Uint8Array(PING_BYTES)
    for (let at = 0; at < PING_BYTES;) {
      const bytes = await channel.read({ signal })
      if (bytes === undefined) return false
      answer.set(bytes.subarray(0, PING_BYTES - at), at)
      at += bytes.length
    }
    return equalBytes(sent, answer)
  } finally {
    void channel.close()
  }
}
