/** Bytes of a payload under one sum: a leaf, so that reading a leaf checks nothing else. */
export const BLOCK_BYTES = 64 * 1024

const PRIME = 0x01000193

/**
 * Returns a 32-bit sum of `bytes` that shows any change within one word of four bytes, and misses others with chance 2^-32. It finds errors
 * of a disk, not forgeries: readers verify leaves. It runs four lanes, because one would wait for its own multiplications.
 */
export function blockSum(bytes: Uint8Array): number {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes)
  const words = new Int32Array(aligned.buffer, aligned.byteOffset, aligned.length >> 2)
  const inLanes = words.length - (words.length % 4)
  let [a, b, c, d] = [1, 2, 3, 4]
  for (let at = 0; at < inLanes; at += 4) {
    a = mixed(a, words[at] ?? 0)
    b = mixed(b, words[at + 1] ?? 0)
    c = mixed(c, words[at + 2] ?? 0)
    d = mixed(d, words[at + 3] ?? 0)
  }
  let sum = mixed(mixed(mixed(mixed(bytes.length, a), b), c), d)
  for (let at = inLanes; at < words.length; at++) sum = mixed(sum, words[at] ?? 0)
  for (let at = words.length * 4; at < aligned.length; at++) sum = mixed(sum, aligned[at] ?? 0)
  return sum >>> 0
}

/** One to one in either argument: a single word that differs always changes the sum. */
function mixed(sum: number, word: number): number {
  const product = Math.imul(sum ^ word, PRIME)
  return product ^ (product >>> 15)
}
