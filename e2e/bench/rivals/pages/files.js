/** Returns the file that was put into the page's input. */
export function chosenFile() {
  return document.querySelector('input').files[0]
}

/** Returns the SHA-256 of a blob as hexadecimal digits. */
export async function sha256Of(blob) {
  const digest = await crypto.subtle.digest('SHA-256', await blob.arrayBuffer())
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
