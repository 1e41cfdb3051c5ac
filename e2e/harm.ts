import type { CDPSession } from 'playwright'
import type { Browser } from './browser.ts'

/** Lets the origin use `roomBytes` more than it uses now, as on a disk that is nearly full. */
export async function limitDisk({ context, page }: Browser, roomBytes: number): Promise<CDPSession> {
  const session = await context.newCDPSession(page)
  const { usage } = await session.send('Storage.getUsageAndQuota', { origin: new URL(page.url()).origin })
  await session.send('Storage.overrideQuotaForOrigin', { origin: new URL(page.url()).origin, quotaSize: usage + roomBytes })
  return session
}

/** Gives the origin all its room back. */
export async function liftLimit(session: CDPSession, { page }: Browser): Promise<void> {
  await session.send('Storage.overrideQuotaForOrigin', { origin: new URL(page.url()).origin })
}

// The functions below run in a page of the origin.

/** Deletes the database. */
export function clearDatabase(): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase('scatterhoard')
    request.addEventListener('success', () => resolve())
    request.addEventListener('error', () => reject(request.error))
  })
}

/** Damages the records but leaves the head, their names and their number: only a look at each record shows it. */
export async function spoilRecords(): Promise<void> {
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open('scatterhoard')
    request.addEventListener('success', () => resolve(request.result))
    request.addEventListener('error', () => reject(request.error))
  })
  const transaction = database.transaction('records', 'readwrite')
  const done = new Promise<void>((resolve, reject) => {
    transaction.addEventListener('complete', () => resolve())
    transaction.addEventListener('error', () => reject(transaction.error))
  })
  const records = transaction.objectStore('records')
  const keys = records.getAllKeys()
  keys.addEventListener('success', () => {
    for (const key of keys.result) records.put('garbage', key)
  })
  await done
  database.close()
}

/** Gives the second copy a head that means nothing. */
export async function spoilHead(): Promise<void> {
  const request = indexedDB.open('scatterhoard')
  await new Promise((resolve) => request.addEventListener('success', resolve))
  const transaction = request.result.transaction(['head', 'records'], 'readwrite')
  const count = transaction.objectStore('records').count()
  count.addEventListener('success', () => transaction.objectStore('head').put({ records: count.result }, 'catalog'))
  await new Promise((resolve) => transaction.addEventListener('complete', resolve))
  request.result.close()
}

/** Puts a database of another program, and of a later version, in place of ours. */
export async function replaceDatabase(): Promise<void> {
  await new Promise((resolve) => indexedDB.deleteDatabase('scatterhoard').addEventListener('success', resolve))
  const request = indexedDB.open('scatterhoard', 7)
  request.addEventListener('upgradeneeded', () => request.result.createObjectStore('other'))
  await new Promise((resolve) => request.addEventListener('success', resolve))
  request.result.close()
}

/** Removes the log of the catalog, as far as a running app lets it. */
export async function clearLog(): Promise<void> {
  const root = await (await navigator.storage.getDirectory()).getDirectoryHandle('scatterhoard')
  await root.removeEntry('catalog', { recursive: true }).catch(async () => {
    // A running app holds its handles.
    const folder = await root.getDirectoryHandle('catalog')
    for await (const name of folder.keys()) await folder.removeEntry(name).catch(() => undefined)
  })
}

/** Writes zeros into the log of the catalog. */
export async function spoilLog(): Promise<void> {
  const root = await (await navigator.storage.getDirectory()).getDirectoryHandle('scatterhoard')
  const folder = await root.getDirectoryHandle('catalog')
  for await (const entry of folder.values()) {
    if (!(entry instanceof FileSystemFileHandle)) continue
    const { size } = await entry.getFile()
    const stream = await entry.createWritable({ keepExistingData: true })
    for (const part of [0.2, 0.5, 0.8]) await stream.write({ type: 'write', position: Math.floor(size * part), data: new Uint8Array(64) })
    await stream.close()
  }
}
