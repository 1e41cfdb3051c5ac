import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openDataFolder } from './data-folder.ts'
import type { FolderKind } from './folder-layout.ts'

const endings: (() => unknown)[] = []
let base = ''
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'scatterhoard-folder-'))
})
afterEach(async () => {
  for (const end of endings.splice(0)) await end()
  await rm(base, { recursive: true })
})

describe('a data folder', () => {
  it('[DSK5] has one owner at a time, in one process and in two, and the second is told who', async () => {
    const folder = await openDataFolder(base, { kind: 'holder' })
    await expect(openDataFolder(base, { kind: 'holder' })).rejects.toMatchObject({
      facts: { reason: 'in use', folder: base, owner: expect.stringContaining(`process id ${process.pid}`) },
    })
    folder.release()
    const other = ownerElsewhere(base)
    await other.started
    await expect(openDataFolder(base, { kind: 'holder' })).rejects.toMatchObject({
      facts: { reason: 'in use', owner: expect.stringContaining(`process id ${other.pid}`) },
    })
  })

  it('[DSK5] is free as soon as its owner is gone, by SIGKILL too, whatever was left behind', async () => {
    const other = ownerElsewhere(base)
    await other.started
    other.kill()
    // The number in the owner file belongs to a running process again: this one.
    const owner = JSON.parse(await readFile(join(base, 'scatterhoard.owner'), 'utf8')) as object
    await writeFile(join(base, 'scatterhoard.owner'), JSON.stringify({ ...owner, pid: process.pid }))
    const folder = await openDataFolder(base, { kind: 'holder' })
    folder.release()
  })

  it('[DSK5] goes to one of many that start at once', async () => {
    const starts = await Promise.allSettled(Array.from({ length: 5 }, () => openDataFolder(join(base, 'new'), { kind: 'relay' })))
    expect(starts.filter(({ status }) => status === 'fulfilled').length).toBe(1)
  })

  it('[DSK6] that holds anything else and bears no mark is refused, and nothing in it is touched', async () => {
    const photos: Readonly<Record<FolderKind, readonly string[]>> = {
      holder: ['beach.jpg', 'catalog/beach.jpg', 'slabs/beach.jpg', 'network.json'],
      relay: ['relay.key.jpg', 'notes'],
      'practice swarm': ['beach.jpg', 'holders/beach.jpg', 'holders/01/beach.jpg', 'relay/beach.jpg', 'network.json'],
    }
    for (const [kind, paths] of Object.entries(photos)) {
      for (const [at, path] of paths.entries()) {
        const folder = join(base, `${kind} ${at}`)
        await write(folder, path)
        for (const isFresh of [false, true]) {
          await expect(openDataFolder(folder, { kind: kind as FolderKind, isFresh })).rejects.toMatchObject({
            facts: { reason: 'not ours', found: path },
          })
        }
        expect(await readdir(folder, { recursive: true })).toEqual(path.includes('/') ? expect.arrayContaining([path]) : [path])
        expect(await readdir(folder)).not.toContain('scatterhoard.json')
      }
    }
  })

  it('[DSK6] of an earlier version, without a mark, is taken and marked', async () => {
    await write(base, 'catalog/log-1')
    await write(base, 'slabs/4096-0')
    const folder = await openDataFolder(base, { kind: 'holder' })
    expect((await readdir(base)).toSorted()).toEqual(['catalog', 'scatterhoard.json', 'scatterhoard.lock', 'scatterhoard.owner', 'slabs'])
    folder.release()
  })

  it('[DSK6] loses to a fresh start what Scatterhoard wrote, and nothing else', async () => {
    const first = await openDataFolder(base, { kind: 'practice swarm' })
    await first.noteIdentity('somebody')
    first.release()
    const ours = [
      'relay/relay.key',
      'holders/01/catalog/log-0',
      'holders/01/slabs/4096-0',
      'holders/01/outbox/616263',
      'holders/01.log',
      'network.json',
    ]
    const theirs = ['beach.jpg', 'holders/01/beach.jpg', 'holders/01/slabs/beach.jpg', 'holders/me/slabs/4096-0', 'relay/notes.txt']
    for (const path of [...ours, ...theirs]) await write(base, path)
    await write(`${base}-elsewhere`, 'slabs/4096-0')
    endings.push(() => rm(`${base}-elsewhere`, { recursive: true }))
    await symlink(`${base}-elsewhere`, join(base, 'holders', '02'))
    const left: string[] = []
    const folder = await openDataFolder(base, { kind: 'practice swarm', isFresh: true, onLeft: (paths) => left.push(...paths) })
    folder.release()
    expect(left.toSorted()).toEqual(
      [...theirs.map((path) => (path.startsWith('holders/me') ? 'holders/me' : path)), 'holders/02'].toSorted(),
    )
    const present = await readdir(base, { recursive: true })
    for (const path of theirs) expect(present).toContain(path)
    for (const path of ours) expect(present).not.toContain(path)
    expect(await readdir(`${base}-elsewhere/slabs`)).toEqual(['4096-0'])
    expect(folder.identity).toBeUndefined()
  })

  it('is refused when it is a file, of another kind, or of a later version', async () => {
    await writeFile(join(base, 'file'), 'x')
    await expect(openDataFolder(join(base, 'file'), { kind: 'relay' })).rejects.toMatchObject({ facts: { reason: 'no folder' } })
    const relay = await openDataFolder(join(base, 'relay'), { kind: 'relay' })
    relay.release()
    await expect(openDataFolder(join(base, 'relay'), { kind: 'holder' })).rejects.toMatchObject({
      facts: { reason: 'other kind', kind: 'relay' },
    })
    await write(join(base, 'later'), 'scatterhoard.json', '{"kind":"relay","version":2}')
    await expect(openDataFolder(join(base, 'later'), { kind: 'relay' })).rejects.toMatchObject({ facts: { reason: 'newer' } })
  })

  it('keeps its identity, and is still ours when a power cut tore its mark', async () => {
    const first = await openDataFolder(base, { kind: 'relay' })
    await first.noteIdentity('12D3KooWsomebody')
    first.release()
    const second = await openDataFolder(base, { kind: 'relay' })
    expect(second.identity).toBe('12D3KooWsomebody')
    second.release()
    for (const torn of ['', '\0\0\0', '{"kind":"rel', 'null']) {
      await writeFile(join(base, 'scatterhoard.json'), torn)
      const folder = await openDataFolder(base, { kind: 'relay' })
      expect(folder.identity).toBeUndefined()
      folder.release()
    }
  })
})

async function write(folder: string, path: string, text = 'x'): Promise<void> {
  await mkdir(join(folder, path, '..'), { recursive: true })
  await writeFile(join(folder, path), text)
}

/** Starts another process that owns `folder` until it is killed, which happens at the end of the test. */
function ownerElsewhere(folder: string) {
  const module = JSON.stringify(new URL('data-folder.ts', import.meta.url).href)
  const code = `const { openDataFolder } = await import(${module})
    globalThis.folder = await openDataFolder(${JSON.stringify(folder)}, { kind: 'holder' })
    console.log('mine')
    setInterval(() => globalThis.folder, 60_000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
  const kill = () => child.kill('SIGKILL')
  endings.push(kill)
  return { pid: child.pid, kill, started: once(child.stdout, 'data') }
}
