import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAppServer } from './serve.ts'

let base = ''
let port = 0
let folder = ''
const networkText = '{"network":"here"}'
const servers: ReturnType<typeof createAppServer>[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scatterhoard-serve-'))
  const dist = join(folder, 'dist')
  await mkdir(join(dist, 'assets'), { recursive: true })
  await mkdir(join(dist, 's'))
  await writeFile(join(dist, 'index.html'), 'front')
  await writeFile(join(dist, 's', 'index.html'), 'link')
  await writeFile(join(dist, 'assets', 'app-1.js'), 'code')
  await writeFile(join(dist, '.secret'), 'hidden')
  await writeFile(join(folder, 'outside.txt'), 'outside')
  const server = createAppServer({ folder: dist, networkText })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
  base = `http://127.0.0.1:${port}`
})

afterAll(async () => {
  for (const server of servers) server.close()
  await rm(folder, { recursive: true })
})

test('every route answers with its page and the strict headers', async () => {
  for (const path of ['/', '/s/', '/s', '/s/deeper', '/s/%23AbC-dEf.', '/s/%2523AbC', '/s%23AbC', '/S/', '/s/%', '/index.html']) {
    const answer = await fetch(base + path)
    const isLink = path.toLowerCase().startsWith('/s')
    expect([path, answer.status, await answer.text()]).toEqual([path, 200, isLink ? 'link' : 'front'])
    expect(answer.headers.get('content-security-policy')).toContain(`default-src 'none'`)
    expect(answer.headers.get('content-security-policy')).toContain(`require-trusted-types-for 'script'`)
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
    // the key of a link may have got into the path: no cache keeps it
    expect(answer.headers.get('cache-control')).toBe(isLink ? 'no-store' : 'no-cache')
  }
})

test('hashed files may be kept for ever, other files not', async () => {
  const answer = await fetch(`${base}/assets/app-1.js`)
  expect(answer.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
  expect(answer.headers.get('cache-control')).toContain('immutable')
})

test('the network file is the one of this start', async () => {
  expect(await (await fetch(`${base}/network.json`)).text()).toBe(networkText)
})

test('what is not there is 404, and other methods are refused', async () => {
  expect((await fetch(`${base}/nothing.js`)).status).toBe(404)
  expect((await fetch(base, { method: 'POST' })).status).toBe(405)
})

test('no path leaves the folder or shows hidden files', async () => {
  const paths = ['/../outside.txt', '/%2e%2e/outside.txt', '/assets/..%2f..%2foutside.txt', '/.secret', '/..%5coutside.txt', '/%00', '/%']
  for (const path of paths) {
    const answer = await rawRequest(path)
    expect([path, /^HTTP\/1\.1 (400|404)/.test(answer), /outside\n?$|hidden/.test(answer)]).toEqual([path, true, false])
  }
})

/** `fetch` tidies paths before it sends them; a hostile client does not. */
async function rawRequest(path: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)
  let text = ''
  for await (const piece of socket) text += String(piece)
  return text
}
