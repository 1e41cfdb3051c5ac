import { afterEach, beforeEach, expect, test } from 'vitest'
import { addFile, MINUTE, rowOf, waitForStatus } from './app.ts'
import { openScene, type Scene } from './scene.ts'

const MIB = 1024 * 1024
let scene: Scene

beforeEach(async () => {
  scene = await openScene()
})
afterEach(() => scene.close())

test(
  '[DSK2] [DSK3] a page whose two catalogs are damaged says so, touches nothing, and does what its person chooses',
  async () => {
    const swarm = await scene.swarm({ peers: 0 })
    const { page } = await scene.browser('owner', `${swarm.url}/files/`)
    const choices = page.getByRole('region', { name: 'Damaged data' })
    const file = await scene.randomFile('only here.bin', MIB)
    await addFile(page, file)
    await waitForStatus(rowOf(page, file.name), ['On this device only'])

    // With one copy damaged and the other whole, the page goes on.
    await page.goto(`${swarm.url}/network.json`)
    await page.evaluate(spoilLogs, 'zeros' as const)
    await page.goto(`${swarm.url}/files/`)
    await waitForStatus(rowOf(page, file.name), ['On this device only'])

    // The database names a commit that neither copy has.
    await page.goto(`${swarm.url}/network.json`)
    await page.evaluate(spoilDatabase, 'a commit is missing' as const)
    const before = await page.evaluate(everyFile)
    expect(before).toContainEqual(expect.stringMatching(/^outbox\//))
    await page.goto(`${swarm.url}/files/`)
    await choices.getByText('Part of your list of files and pieces is missing.').waitFor({ timeout: MINUTE })
    await page.goto(`${swarm.url}/network.json`)
    expect(await page.evaluate(everyFile)).toEqual(before)
    await page.goto(`${swarm.url}/files/`)
    await choices.getByRole('button', { name: 'Go on with what can be read' }).click()
    await waitForStatus(rowOf(page, file.name), ['On this device only'])

    // Neither copy can be read.
    await page.goto(`${swarm.url}/network.json`)
    await page.evaluate(spoilLogs, 'empty' as const)
    await page.evaluate(spoilDatabase, 'a head is missing' as const)
    const unreadable = await page.evaluate(everyFile)
    await page.goto(`${swarm.url}/files/`)
    await choices.getByText('Your keys and your list of files cannot be read.').waitFor({ timeout: MINUTE })
    await choices.getByRole('button', { name: 'Look again' }).click()
    await choices.getByRole('button', { name: 'Forget this device' }).click()
    await choices.getByRole('button', { name: 'Keep it' }).click()
    await page.goto(`${swarm.url}/network.json`)
    expect(await page.evaluate(everyFile)).toEqual(unreadable)
    await page.goto(`${swarm.url}/you`)
    await choices.getByRole('button', { name: 'Forget this device' }).click()
    await choices.getByRole('button', { name: 'Forget everything here' }).click()
    await choices.waitFor({ state: 'hidden' })
    await page.goto(`${swarm.url}/files/`)
    const next = await scene.randomFile('of the new device.bin', MIB)
    await addFile(page, next)
    await waitForStatus(rowOf(page, next.name), ['On this device only'])
    expect(await rowOf(page, file.name).count()).toBe(0)
  },
  10 * MINUTE,
)

/** Runs in the page: overwrites every log of the catalog in OPFS, once the page before has let go of it. */
async function spoilLogs(how: 'zeros' | 'empty'): Promise<void> {
  const root = await (await navigator.storage.getDirectory()).getDirectoryHandle('scatterhoard')
  const directory = await root.getDirectoryHandle('catalog')
  for await (const name of directory.keys()) {
    const handle = await directory.getFileHandle(name)
    const { size } = await handle.getFile()
    const open = (): Promise<FileSystemWritableFileStream | undefined> => handle.createWritable().catch(() => undefined)
    let stream = await open()
    // The workers of a page that has gone end a moment after it.
    while (stream === undefined) {
      await new Promise((resolve) => setTimeout(resolve, 100))
      stream = await open()
    }
    await stream.write(new Uint8Array(how === 'zeros' ? size : 0))
    await stream.close()
  }
}

/** Runs in the page: damages the catalog's copy in IndexedDB. */
function spoilDatabase(how: 'a commit is missing' | 'a head is missing'): Promise<void> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('scatterhoard', 2)
    opening.onerror = () => reject(opening.error ?? new Error('it cannot be opened'))
    opening.onsuccess = () => {
      const database = opening.result
      const transaction = database.transaction('head', 'readwrite')
      const heads = transaction.objectStore('head')
      const reading = heads.get('catalog') as IDBRequest<{ generation: number; records: number }>
      reading.onsuccess = () => {
        const { generation, records } = reading.result
        if (how === 'a commit is missing') heads.put({ ...reading.result, generation: generation + 1, records: records + 1 }, 'catalog')
        else heads.delete('catalog')
      }
      transaction.oncomplete = () => {
        database.close()
        resolve()
      }
    }
  })
}

/** Runs in the page: returns every file of OPFS with its size and the digest of its bytes. */
async function everyFile(): Promise<readonly string[]> {
  const found: string[] = []
  const root = await (await navigator.storage.getDirectory()).getDirectoryHandle('scatterhoard')
  for await (const [name, directory] of root.entries()) {
    if (!(directory instanceof FileSystemDirectoryHandle)) continue
    for await (const [file, handle] of directory.entries()) {
      if (!(handle instanceof FileSystemFileHandle)) continue
      const bytes = await (await handle.getFile()).arrayBuffer()
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
      found.push(`${name}/${file} ${bytes.byteLength} ${[...digest].join(' ')}`)
    }
  }
  return found.toSorted((a, b) => (a < b ? -1 : 1))
}
