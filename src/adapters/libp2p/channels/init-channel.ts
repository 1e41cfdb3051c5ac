/** The part of a data channel class that is mended; both the browser's and node-datachannel's have it. */
interface InitChannel extends EventTarget {
  readonly readyState: string
  close(): void
}
interface PeerConnection extends EventTarget {
  readonly connectionState: string
}
interface PeerConnectionClass {
  readonly prototype: { createDataChannel(label: string, options?: RTCDataChannelInit): InitChannel }
}

const mended = new WeakSet<object>()

/**
 * Keeps a WebRTC dial from waiting for an event that is already past: after this call the `init` channels of `RTCClass` repeat their `open`
 * and `close` events for a listener that comes too late. Calling it again changes nothing.
 *
 * Why: `@libp2p/webrtc` 6.0.33 waits for `open`, closes the channel and waits for `close`; the far side closes it as well, and when that
 * wins the race the dial hangs until its timeout (in browsers several of a hundred dials, in Node under load every fifth). libdatachannel
 * also closes a connection whose DTLS handshake overtakes the remote description (`certificate verify failed`): the dial then ends at once
 * and can be tried again, instead of waiting for `open` until its timeout.
 */
export function mendInitChannel(RTCClass: PeerConnectionClass): void {
  const { prototype } = RTCClass
  if (mended.has(prototype)) return
  mended.add(prototype)
  const createDataChannel = prototype.createDataChannel
  prototype.createDataChannel = function (this: PeerConnection, label: string, options?: RTCDataChannelInit) {
    const channel = options === undefined ? createDataChannel.call(this, label) : createDataChannel.call(this, label, options)
    if (label === 'init') repeatMissedEvents(channel, this)
    return channel
  }
}

function repeatMissedEvents(channel: InitChannel, connection: PeerConnection): void {
  const close = channel.close.bind(channel)
  const addEventListener = channel.addEventListener.bind(channel)
  let hasOpened = false
  const again = (type: string) => queueMicrotask(() => channel.dispatchEvent(new Event(type)))
  addEventListener('open', () => (hasOpened = true))
  // A channel that the far side closes before this side has noticed that it is open goes straight to closed.
  addEventListener('close', () => {
    if (!hasOpened) again(isLost() ? 'error' : 'open')
  })
  // The dial waits for `open` even when the connection is gone by then; an `error` ends that wait.
  const isLost = () => !hasOpened && (connection.connectionState === 'closed' || connection.connectionState === 'failed')
  connection.addEventListener('connectionstatechange', () => {
    if (isLost()) again('error')
  })
  channel.close = () => {
    const wasClosed = channel.readyState === 'closed'
    close()
    if (wasClosed) again('close')
  }
  channel.addEventListener = (
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: AddEventListenerOptions | boolean,
  ) => {
    addEventListener(type, listener, options)
    if (type === 'error' && isLost()) again('error')
    if (type === 'open' && (channel.readyState === 'closing' || channel.readyState === 'closed')) again('open')
  }
}
