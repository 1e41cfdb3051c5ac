import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { get } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { compressFiles } from '../../setup/compress-files.ts'
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
  for (const name of ['app-1.js', 'app-2.js']) {
    await writeFile(join(dist, 'assets', `${name}.br`), `${name} in brotli`)
    await writeFile(join(dist, 'assets', `${name}.gz`), `${name} in gzip`)
  }
  await writeFile(join(dist, 'assets', 'app-2.js'), 'newer code')
  await utimes(join(dist, 'assets', 'app-2.js.br'), 1, 1)
  await utimes(join(dist, 'assets', 'app-2.js.gz'), 1, 1)
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
    // The key of a link may have got into the path: no cache may keep it.
    expect(answer.headers.get('cache-control')).toBe(isLink ? 'no-store' : 'no-cache')
  }
})

test('the app goes out under whatever name its machine is asked for: it is public, and the page says itself what a name without https lacks', async () => {
  const server = createAppServer({ folder: join(folder, 'dist'), networkText })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port: own } = server.address() as AddressInfo
  expect([await statusFor(own, `localhost:${own}`), await statusFor(own, `127.0.0.1:${own}`)]).toEqual([200, 200])
  expect([await statusFor(own, `hoard.test:${own}`), await statusFor(own, `192.168.1.7:${own}`)]).toEqual([200, 200])
})

test('hashed files may be kept for ever, other files not', async () => {
  const answer = await fetch(`${base}/assets/app-1.js`)
  expect(answer.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
  expect(answer.headers.get('cache-control')).toContain('immutable')
})

test('a file goes out in the encoding that the browser likes best of those that the build made, by GET and HEAD alike', async () => {
  const [plain, brotli, gzip] = ['code', 'app-1.js in brotli', 'app-1.js in gzip']
  for (const [accepted, coding, body] of [
    ['gzip, deflate, br, zstd', 'br', brotli],
    ['gzip, deflate', 'gzip', gzip],
    ['X-GZIP', 'gzip', gzip],
    ['br;q=0.2, gzip;q=0.8', 'gzip', gzip],
    ['gzip;q=0.5, identity', undefined, plain],
    ['br;q=0, gzip;q=0', undefined, plain],
    ['*', 'br', brotli],
    ['*;q=0.5, br;q=0', 'gzip', gzip],
    ['identity;q=0, *', 'br', brotli],
    ['zstd', undefined, plain],
    ['br;q=2, gzip;q=x', undefined, plain],
    ['', undefined, plain],
    [undefined, undefined, plain],
  ] as const) {
    for (const method of ['GET', 'HEAD']) {
      const answer = await rawRequest('/assets/app-1.js', { method, ...(accepted !== undefined && { 'Accept-Encoding': accepted }) })
      const [head = '', content = ''] = answer.split('\r\n\r\n')
      const headers = new Headers(
        head
          .split('\r\n')
          .slice(1)
          .map((line) => line.split(/: (.*)/).slice(0, 2) as [string, string]),
      )
      expect([accepted, head.slice(9, 12), headers.get('content-encoding') ?? undefined]).toEqual([accepted, '200', coding])
      expect(headers.get('content-type')).toBe('text/javascript; charset=utf-8')
      expect(headers.get('vary')).toBe('Accept-Encoding')
      expect(headers.get('content-length')).toBe(String(body.length))
      expect(headers.get('cache-control')).toContain('immutable')
      expect(content).toBe(method === 'GET' ? body : '')
    }
  }
})

test('a range, a file without copies and one that is newer than its copies go out as they are; none that is refused goes out', async () => {
  expect(await rawRequest('/assets/app-1.js', { method: 'GET', 'Accept-Encoding': 'br', Range: 'bytes=0-1' })).toMatch(
    /^HTTP\/1\.1 200 [^]*\r\n\r\ncode$/,
  )
  const newer = await rawRequest('/assets/app-2.js', { method: 'GET', 'Accept-Encoding': 'br, gzip' })
  expect(newer).toMatch(/\r\n\r\nnewer code$/)
  expect(newer).not.toMatch(/^content-encoding/im)
  expect(await rawRequest('/', { method: 'GET', 'Accept-Encoding': 'br' })).not.toMatch(/^(content-encoding|vary)/im)
  expect(await rawRequest('/', { method: 'GET', 'Accept-Encoding': 'identity;q=0' })).toMatch(/^HTTP\/1\.1 406 /)
})

test('compressed copies unpack to the same bytes, and a file that a host replaces has none', async () => {
  const built = join(folder, 'built')
  await mkdir(join(built, 'assets'), { recursive: true })
  const text = 'export const answer = 42\n'.repeat(500)
  for (const name of ['assets/a.js', 'index.html', 'network.json']) await writeFile(join(built, name), text)
  await writeFile(join(built, 'tiny.txt'), 'x')
  await writeFile(join(built, 'icon.png'), text)
  await compressFiles(built)
  expect((await readdir(built, { recursive: true })).toSorted()).toEqual(
    [
      'assets',
      ...['assets/a.js', 'index.html'].flatMap((name) => [name, `${name}.br`, `${name}.gz`]),
      'icon.png',
      'network.json',
      'tiny.txt',
    ].toSorted(),
  )
  expect(brotliDecompressSync(await readFile(join(built, 'index.html.br'))).toString()).toBe(text)
  expect(gunzipSync(await readFile(join(built, 'assets', 'a.js.gz'))).toString()).toBe(text)
})

test('the network file is the one of this start', async () => {
  expect(await (await fetch(`${base}/network.json`)).text()).toBe(networkText)
})

test('a missing file is 404, and other methods are refused', async () => {
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

/** Sends a request with the path as given: `fetch` tidies paths before it sends them, a hostile client does not. */
async function rawRequest(path: string, { method = 'GET', ...headers }: Readonly<Record<string, string>> = {}): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  const lines = Object.entries({ Host: 'localhost', Connection: 'close', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.write(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`)
  let text = ''
  for await (const piece of socket) text += String(piece)
  return text
}

/** Resolves with the status of the answer to a request for /network.json that names `host`. */
function statusFor(at: number, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get({ port: at, host: '127.0.0.1', path: '/network.json', headers: { host } }, (answer) => {
      answer.resume()
      resolve(answer.statusCode)
    }).once('error', reject)
  })
}
