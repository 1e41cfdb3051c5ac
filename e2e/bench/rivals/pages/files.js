/** Returns the file that was put into the page's input. */
export function chosenFile() {
  return document.querySelector('input').files[0]
}

/**
 * Returns the configuration of WebRTC: the STUN server in the page's address, if any. On one machine pages find each other without one;
 * behind lines of their own they do not, since Chromium hides the addresses of a machine.
 */
export function rtcConfiguration() {
  const stun = new URLSearchParams(location.search).get('stun')
  return { iceServers: stun === null ? [] : [{ urls: stun }] }
}

/** Returns the SHA-256 of a blob as hexadecimal digits. */
export async function sha256Of(blob) {
  const digest = await crypto.subtle.digest('SHA-256', await blob.arrayBuffer())
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
