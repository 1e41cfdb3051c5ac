import { createInterface } from 'node:readline'
import { RTCPeerConnection } from 'node-datachannel/polyfill'

/**
 * Sends zeros over one bare data channel for as long as somebody listens. Its first argument is the STUN server. It reads an offer from its
 * input, one line of JSON, and prints its answer likewise.
 */

const MESSAGE = new Uint8Array(64 * 1024)
const MOST_WAITING_BYTES = 1024 * 1024

const connection = new RTCPeerConnection({ iceServers: [{ urls: process.argv[2] ?? '' }] })
connection.addEventListener('datachannel', (event) => {
  const { channel } = event as RTCDataChannelEvent
  channel.bufferedAmountLowThreshold = MOST_WAITING_BYTES / 2
  const send = (): void => {
    while (channel.readyState === 'open' && channel.bufferedAmount < MOST_WAITING_BYTES) channel.send(MESSAGE)
  }
  channel.addEventListener('bufferedamountlow', send)
  // The first word from the far side starts it, so that all senders start together.
  channel.addEventListener('message', send, { once: true })
})

for await (const line of createInterface({ input: process.stdin })) {
  await connection.setRemoteDescription(JSON.parse(line) as RTCSessionDescriptionInit)
  await connection.setLocalDescription(await connection.createAnswer())
  while (connection.iceGatheringState !== 'complete') {
    await new Promise((resolve) => connection.addEventListener('icegatheringstatechange', resolve, { once: true }))
  }
  console.log(JSON.stringify(connection.localDescription))
}
