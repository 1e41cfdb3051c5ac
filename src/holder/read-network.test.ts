import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { sayProblem } from '../adapters/node/say-problem.ts'
import { readNetwork } from './read-network.ts'

const servers: Server[] = []
const stopping: AbortController[] = []
let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scatterhoard-network-'))
})
afterEach(async () => {
  for (const each of stopping.splice(0)) each.abort(new Error('the test ends'))
  for (const server of servers.splice(0)) await stop(server)
  await rm(folder, { recursive: true })
})

test('a holder that starts before its network waits, says for what, and goes on as soon as it answers', async () => {
  const port = await freePort()
  const heard = listen()
  const starting = readNetwork(`http://127.0.0.1:${port}/network.json`, { folder, ...heard, firstPauseMs: 5 })
  expect(await heard.next()).toBe(
    `Waiting for the settings of the network at http://127.0.0.1:${port}/network.json: 127.0.0.1:${port} refuses the connection: nothing listens there now.`,
  )
  const server = await serve({ network: 'home', relays: ['/a'] }, port, 503)
  expect(await heard.next()).toBe(`Still waiting for http://127.0.0.1:${port}/network.json: It answers with status 503.`)
  await stop(server)
  await serve({ network: 'home', relays: ['/a'] }, port)
  expect((await starting).file).toMatchObject({ network: 'home', relays: ['/a'] })
})

test('a holder whose network is away goes on with the settings it had last, and takes up new relays when it is back', async () => {
  const port = await freePort()
  const place = `http://127.0.0.1:${port}/network.json`
  const first = await serve({ relays: ['/a'] }, port)
  const heard = listen()
  const at = { folder, ...heard, firstPauseMs: 5 }
  await readNetwork(place, at)
  await stop(first)
  const settings = await readNetwork(place, at)
  expect(settings.file.relays).toEqual(['/a'])
  expect(await heard.next()).toMatch(/cannot be had now: .+\. Going on with those of \d{4}-/)
  const added = new Promise<string>((resolve) => settings.follow(async (address) => resolve(address)))
  await serve({ relays: ['/a', '/b'] }, port)
  expect(await added).toBe('/b')
  settings.close()
})

test('settings of one network are never used for another, and damaged ones not at all', async () => {
  const port = await freePort()
  const first = await serve({ relays: ['/a'] }, port)
  await readNetwork(`http://127.0.0.1:${port}/network.json`, { folder, ...listen() })
  await stop(first)
  for (const damage of [async () => undefined, () => writeFile(join(folder, 'network.json'), '')]) {
    await damage()
    const heard = listen()
    const starting = readNetwork(`http://127.0.0.1:${port}/other.json`, { folder, ...heard })
    expect(await heard.next()).toMatch(/^Waiting for the settings/)
    stopping.at(-1)?.abort(new Error('enough'))
    await expect(starting).rejects.toThrow('enough')
  }
})

test('a file that cannot be used is said with its path', async () => {
  const path = join(folder, 'own.json')
  const said = () => readNetwork(path, { folder, ...listen() }).then(() => '', sayProblem)
  expect(await said()).toBe(`There is no ${path}.`)
  await writeFile(path, '{"relays": ["/a",]}')
  expect(await said()).toBe(`${path} is not JSON: in line 1, column 18, there is "]".`)
  await writeFile(path, '{"relay": []}')
  expect(await said()).toBe(`${path} cannot be used: the key relay is unknown.`)
  await writeFile(path, '{"policy": {"segment": {"bytes": "many"}}}')
  expect(await said()).toMatch(/own\.json cannot be used: segment\.bytes, not a whole number from/)
})

/** Collects the printed lines, with a signal that ends the waiting with the test. */
function listen() {
  const closing = new AbortController()
  stopping.push(closing)
  const lines: string[] = []
  const waiting: ((line: string) => void)[] = []
  return {
    signal: closing.signal,
    say(line: string) {
      const next = waiting.shift()
      if (next) next(line)
      else lines.push(line)
    },
    next: () => new Promise<string>((resolve) => (lines.length > 0 ? resolve(lines.shift() ?? '') : waiting.push(resolve))),
  }
}

async function serve(content: unknown, port: number, status = 200): Promise<Server> {
  const server = createServer((_request, response) => response.writeHead(status).end(JSON.stringify(content)))
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return server
}

async function stop(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
}

async function freePort(): Promise<number> {
  const server = await serve({}, 0)
  const { port } = server.address() as AddressInfo
  await stop(server)
  return port
}
