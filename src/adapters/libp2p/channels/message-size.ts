import type { Connection } from '@libp2p/interface'

/** Chromium's largest message, which libdatachannel takes as well; a far side that takes less says so in its description. */
export const MESSAGE_BYTES = 262_144

/** The part of libp2p's WebRTC muxer that says how its streams cut what they send. */
interface DataChannelMuxer {
  readonly peerConnection: { readonly sctp: { readonly maxMessageSize: number } | null }
  dataChannelOptions: { readonly maxMessageSize?: number }
}

/**
 * Makes streams opened over `connection` from now on send messages that its far side takes, 256 KiB at most.
 * Nothing happens where the connection is none of data channels.
 *
 * Why: `@libp2p/webrtc` 6.0.33 cuts at the size it was started with, whatever the far side said; a data channel throws at a longer one.
 */
export function agreeMessageSize(connection: Connection): void {
  const muxer: unknown = 'muxer' in connection ? connection.muxer : undefined
  if (!isDataChannelMuxer(muxer)) return
  // Infinity where the far side said 0: any size.
  const theirs = muxer.peerConnection.sctp?.maxMessageSize ?? MESSAGE_BYTES
  muxer.dataChannelOptions = { ...muxer.dataChannelOptions, maxMessageSize: Math.min(MESSAGE_BYTES, theirs) }
}

function isDataChannelMuxer(muxer: unknown): muxer is DataChannelMuxer {
  return typeof muxer === 'object' && muxer !== null && 'peerConnection' in muxer && 'dataChannelOptions' in muxer
}
