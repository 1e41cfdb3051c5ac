import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { addFile, downloadFromLink, MINUTE, rowOf, shareLink, until, waitForPeople, waitForStatus } from './app.ts'
import { openBrowser } from './browser.ts'
import { openScene, sha256Of, type Scene } from './scene.ts'
import { createSealWatch, sealHook, sealViolations } from './seal-watch.ts'

const MIB = 1024 * 1024
let scene: Scene
beforeEach(async () => {
  scene = await openScene()
})
afterEach(() => scene.close())

test('[SEA4] a file that changed behind a killed browser is another version: who opens its link gets that one, and no nonce sealed two', async () => {
  const swarm = await scene.swarm({ peers: 4 })
  const file = await scene.randomFile('thesis.db', 48 * MIB)
  const first = await scene.browser('owner', swarm.url)
  await waitForPeople(first.page, 4)
  await addFile(first.page, file)
  await until(async () => scene.seals.records() > 40)
  await first.kill()

  const changed = (await readFile(file.path)).map((byte) => byte ^ 0xff)
  await writeFile(file.path, changed)
  const second = await scene.browser('owner', swarm.url)
  await rowOf(second.page, file.name).waitFor({ timeout: MINUTE })
  await second.page.getByLabel('Add files', { exact: true }).first().setInputFiles(file.path)
  await waitForStatus(rowOf(second.page, file.name).first(), ['Fragile', 'Protected', 'Strong'])
  const link = await shareLink(second.page, file.name)
  const reader = await scene.browser('reader', link)
  expect(await downloadFromLink(reader.page, scene.folder)).toBe(await sha256Of(file.path))
  expect(scene.seals.records()).toBeGreaterThan(2 * 40)
  expect(scene.seals.complaints).toEqual([])
})

test('the watch over what pages seal tells a second content, also after the page was loaded anew', async () => {
  const server = createServer((_request, response) =>
    response.setHeader('content-type', 'text/html').end('<!doctype html><title>x</title>'),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const seals = createSealWatch()
  const url = `http://localhost:${(server.address() as AddressInfo).port}/`
  const { page, close } = await openBrowser(join(scene.folder, 'profiles', 'watched'), url, (context) => seals.watch(context))
  /** Posts to a worker what the page's coder would post, and resolves when the worker has it. */
  const seal = (fill: number, record: number) =>
    page.evaluate(
      ([byte, firstRecord]) => {
        const worker = new Worker(URL.createObjectURL(new Blob(['onmessage = () => postMessage(0)'])))
        const job = { fileKey: new Uint8Array(32), kind: 0, r: new Uint8Array(), firstRecord, isEnd: true }
        const argumentList = [job, new Uint8Array(300_000).fill(byte)].map((value) => ({ type: 'RAW', value }))
        const done = new Promise((resolve) => (worker.onmessage = resolve))
        worker.postMessage({ id: 'x', type: 'APPLY', path: ['seal'], argumentList })
        return done.then(() => undefined)
      },
      [fill, record] as const,
    )
  try {
    await seal(1, 0)
    await page.reload()
    await seal(1, 0)
    await seal(2, 2)
    expect([seals.records(), seals.complaints]).toEqual([4, []])
    await seal(2, 0)
    expect(seals.complaints).toHaveLength(2)
  } finally {
    await close()
    server.close()
  }
})

test('the watch inside Node programs throws at a second content, also after a restart', () => {
  const folder = join(scene.folder, 'seals')
  /** Runs a program that seals bytes of value `fill` under one key and the nonce `nonce`, and returns whether it succeeded. */
  const seals = (fill: number, nonce: number): boolean => {
    const program = `
      const key = await crypto.subtle.importKey('raw', new Uint8Array(32), 'AES-GCM', false, ['encrypt'])
      await crypto.subtle.encrypt({ name: 'AES-GCM', iv: new Uint8Array(12).fill(${nonce}) }, key, new Uint8Array(50).fill(${fill}))`
    return spawnSync(process.execPath, ['--input-type=module', '--eval', program], { env: sealHook(folder) }).status === 0
  }
  expect([seals(1, 0), seals(1, 0), seals(2, 1), seals(2, 0)]).toEqual([true, true, true, false])
  expect(sealViolations(folder)).toHaveLength(1)
})
