/** Number of names that fill a block of the browser's log, 32 KiB: a pair of records takes 875 bytes. */
const NAMES = 48
const NAME_LENGTH = 200

/**
 * Returns a function to be awaited before the first file of a run is made.
 *
 * Chromium keeps the names of OPFS files in a LevelDB and goes on with its log after a start, even behind a record that was cut when the
 * browser died. The start after that one silently drops everything from such a record to the end of its block of 32 KiB: every file made in
 * between is gone. So a run that makes files first writes a block full of names that nobody needs, which takes about 70 ms. Other browsers
 * keep names in other ways.
 */
export function createNameGuard(): () => Promise<void> {
  let written: Promise<void> | undefined
  return () => {
    written ??= 'userAgentData' in navigator ? writeNames() : Promise.resolve()
    return written
  }
}

async function writeNames(): Promise<void> {
  const root = await navigator.storage.getDirectory()
  for (let number = 0; number < NAMES; number++) {
    const name = `name-${number}-`.padEnd(NAME_LENGTH, '-')
    await root.getFileHandle(name, { create: true })
    await root.removeEntry(name)
  }
}
