/** The part of node-datachannel's connection class that is mended. */
interface NodePeerConnection extends EventTarget {
  createOffer(): Promise<unknown>
  setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void>
  addIceCandidate(candidate: RTCIceCandidateInit): Promise<void>
}

/** Longest wait of a dialler for the far side's first candidate before it tells its own, milliseconds. */
const FIRST_CANDIDATE_MS = 300

const mended = new WeakSet<object>()

/**
 * Makes a dialling Node peer tell its candidates only once it knows where the far side is: after the answer to its offer and the first
 * candidate. Calling it again changes nothing.
 *
 * Why: node-datachannel 0.33.4 lets ICE begin with an answer before it has noted the fingerprint in it. A far side that knows the address
 * finishes DTLS in between, and its certificate is refused ("certificate verify failed", "unknown CA"). Between two Node peers, the far
 * side begins DTLS; when its ICE is ready first, its ClientHello is lost and comes again only after a second.
 */
export function answerFirst(RTCClass: { readonly prototype: NodePeerConnection }): void {
  const { prototype } = RTCClass
  if (mended.has(prototype)) return
  mended.add(prototype)
  const { createOffer, setRemoteDescription, addIceCandidate, dispatchEvent } = prototype
  const held = new WeakMap<object, Event[]>()

  function tell(connection: NodePeerConnection): void {
    const waiting = held.get(connection) ?? []
    held.delete(connection)
    for (const event of waiting) dispatchEvent.call(connection, event)
  }

  prototype.createOffer = function (this: NodePeerConnection) {
    held.set(this, [])
    return createOffer.call(this)
  }
  prototype.dispatchEvent = function (this: NodePeerConnection, event: Event) {
    const waiting = event.type === 'icecandidate' ? held.get(this) : undefined
    if (waiting === undefined) return dispatchEvent.call(this, event)
    waiting.push(event)
    return true
  }
  prototype.setRemoteDescription = async function (this: NodePeerConnection, description: RTCSessionDescriptionInit) {
    await setRemoteDescription.call(this, description)
    setTimeout(() => tell(this), FIRST_CANDIDATE_MS)
  }
  prototype.addIceCandidate = async function (this: NodePeerConnection, candidate: RTCIceCandidateInit) {
    try {
      await addIceCandidate.call(this, candidate)
    } finally {
      tell(this)
    }
  }
}
