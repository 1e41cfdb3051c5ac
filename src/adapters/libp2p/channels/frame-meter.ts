/** Follows the frames of one direction of a stream, each with its length in front (LEB128), without keeping any of them. */
export interface FrameMeter {
  /** Takes the next bytes; returns false as soon as a length is too great or malformed. */
  takes(bytes: Uint8Array): boolean
}

/** Returns a meter that stands before the first frame. */
export function createFrameMeter(mostBytes: number): FrameMeter {
  let left = 0
  let length = 0
  let shift = 0
  return {
    takes(bytes) {
      for (let at = 0; at < bytes.length;) {
        if (left > 0) {
          const step = Math.min(left, bytes.length - at)
          left -= step
          at += step
          continue
        }
        const byte = bytes[at++] ?? 0
        length += (byte & 0x7f) * 2 ** shift
        shift += 7
        if (length > mostBytes || shift > 28) return false
        if (byte < 0x80) {
          left = length
          length = 0
          shift = 0
        }
      }
      return true
    },
  }
}
