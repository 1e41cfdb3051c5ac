import type { Connection } from '@libp2p/interface'

/** Size of Chromium's largest message, which libdatachannel also takes; a far side that takes less says so in its description. */
export const MESSAGE_BYTES = 262_144

/** The part of libp2p's WebRTC muxer that decides how its streams cut what they send. */
interface DataChannelMuxer {
  readonly peerConnection: { readonly sctp: { readonly maxMessageSize: number } | null }
  dataChannelOptions: { readonly maxMessageSize?: number }
}

/**
 * Makes streams opened over `connection` from now on send messages that its far side takes, 256 KiB at most. Does nothing when the
 * connection has no data channels.
 *
 * Why: `@libp2p/webrtc` 6.0.33 cuts at the size it was started with, whatever the far side allows; a data channel throws at a message that
 * is too long.
 */
export function agreeMessageSize(connection: Connection): void {
  const muxer: unknown = 'muxer' in connection ? connection.muxer : undefined
  if (!isDataChannelMuxer(muxer)) return
  // Infinity where the far side announced 0, any size.
  const theirs = muxer.peerConnection.sctp?.maxMessageSize ?? MESSAGE_BYTES
  muxer.dataChannelOptions = { ...muxer.dataChannelOptions, maxMessageSize: Math.min(MESSAGE_BYTES, theirs) }
}

function isDataChannelMuxer(muxer: unknown): muxer is DataChannelMuxer {
  return typeof muxer === 'object' && muxer !== null && 'peerConnection' in muxer && 'dataChannelOptions' in muxer
}
