/** The part of node-datachannel's connection class that is mended. */
interface PeerConnectionClass {
  readonly prototype: EventTarget
}

const handlers = ['onbufferedamountlow', 'onclose', 'onclosing', 'onerror', 'onmessage', 'onopen'] as const
/** A data channel as far as it holds on to others. */
type Channel = EventTarget & Record<(typeof handlers)[number], unknown>

const mended = new WeakSet<object>()

/**
 * Makes data channels that the far side opened let go of their streams once they are closed. Calling it again changes nothing.
 *
 * Why: node-datachannel 0.33.4 keeps every such channel for as long as its connection lives, and each kept its libp2p stream with all
 * that hangs on it, 17 KB: whoever opened streams without end could fill the memory of a holder.
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
  // Its own handlers hear of the end first: they were there before.
  channel.addEventListener('close', () => {
    for (const handler of handlers) channel[handler] = null
  })
}

function isChannel(channel: unknown): channel is Channel {
  return channel instanceof EventTarget && handlers.every((handler) => handler in channel)
}
