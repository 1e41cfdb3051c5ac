/** The part of node-datachannel's connection class that is mended. */
interface PeerConnectionClass {
  readonly prototype: EventTarget
}

const handlers = ['onbufferedamountlow', 'onclose', 'onclosing', 'onerror', 'onmessage', 'onopen'] as const
/** A data channel and the handlers through which it keeps other objects alive. */
type Channel = EventTarget & Record<(typeof handlers)[number], unknown>

const mended = new WeakSet<object>()

/**
 * Makes a data channel that the far side opened release its stream once it is closed. Calling it again changes nothing.
 *
 * Why: node-datachannel 0.33.4 keeps every such channel for as long as its connection lives, and each kept its libp2p stream with
 * everything behind it, 17 KB: a peer that opened streams without end could fill the memory of a holder.
 */
export function releaseClosedChannels(RTCClass: PeerConnectionClass): void {
  const { prototype } = RTCClass
  if (mended.has(prototype)) return
  mended.add(prototype)
  const { dispatchEvent } = prototype
  prototype.dispatchEvent = function (this: EventTarget, event: Event) {
    if (event.type === 'datachannel' && 'channel' in event && isChannel(event.channel)) releaseOnClose(event.channel)
    return dispatchEvent.call(this, event)
  }
}

function releaseOnClose(channel: Channel): void {
  // The channel's own handlers were added before this one, so they see the end first.
  channel.addEventListener('close', () => {
    for (const handler of handlers) channel[handler] = null
  })
}

function isChannel(channel: unknown): channel is Channel {
  return channel instanceof EventTarget && handlers.every((handler) => handler in channel)
}
