import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { securityHeaders } from '../setup/headers.ts'
import { openScene, type Scene } from './scene.ts'
import { killProcess, readMetric, readStatus } from './swarm.ts'

let scene: Scene

beforeEach(async () => {
  scene = await openScene()
})
afterEach(() => scene.close())

test('a start says where everything is, and a second start brings back the same people', async () => {
  const first = await scene.swarm({ peers: 2 })
  expect(first.url).toMatch(/^http:\/\/localhost:\d+$/)
  expect(first.relay).toMatch(/^\/ip4\/127\.0\.0\.1\/tcp\/\d+\/ws\/p2p\/12D3KooW\w+$/)
  expect(first.holders).toHaveLength(2)
  for (const holder of first.holders) {
    const status = await readStatus(holder)
    expect(status).toMatchObject({ peerId: holder.peerId, name: holder.name, offer: 8 * 1024 ** 3, used: 0, kept: [] })
    expect(holder.name).toMatch(/^[A-Z][a-z]+$/)
  }
  const network = (await (await fetch(`${first.url}/network.json`)).json()) as { relays: readonly string[] }
  expect(network.relays).toEqual([first.relay])
  const page = await fetch(`${first.url}/s/`)
  for (const [name, value] of Object.entries(securityHeaders)) expect([name, page.headers.get(name)]).toEqual([name, value])
  expect(await (await fetch(`http://127.0.0.1:${first.relayPort}/health`)).text()).not.toBe('')
  for (const figure of [
    'relay_circuit_bytes_total',
    'relay_socket_bytes_total',
    'relay_reservations',
    'relay_connections',
    'stun_requests_total',
  ]) {
    expect(await readMetric(first, figure)).toBeGreaterThanOrEqual(0)
  }

  // Files that the build compressed are sent compressed, and unpack to the same page.
  const asked = async (accepted: string) => {
    const answer = await fetch(`${first.url}/files/`, { headers: { 'Accept-Encoding': accepted } })
    return [answer.headers.get('content-encoding'), answer.headers.get('vary'), await answer.text()]
  }
  const [, vary, text] = await asked('identity')
  expect(vary).toBe('Accept-Encoding')
  for (const coding of ['br', 'gzip']) expect(await asked(coding)).toEqual([coding, vary, text])

  // The folder belongs to this start: another start refuses it, and a fresh one deletes nothing.
  const refused = await startOn(scene.folder, { SCATTERHOARD_DATA: first.dataFolder, DATA: scene.folder })
  expect(refused).toEqual({
    code: 1,
    said: expect.stringMatching(/^The folder \S+ is in use by the practice swarm with process id \d+, since /),
  })

  // A holder killed by a power cut stays off until the next start, and comes back as the same person.
  const [victim] = first.holders
  if (victim === undefined) throw new Error('no holder')
  await killProcess(victim.pid)
  await expect(readStatus(victim)).rejects.toThrow()
  await first.stop()

  const second = await scene.swarm({ peers: 2 })
  const ids = (swarm: typeof first) => swarm.holders.map(({ peerId }) => peerId).sort()
  expect(ids(second)).toEqual(ids(first))
  expect(second.relay.split('/p2p/')[1]).toBe(first.relay.split('/p2p/')[1])
})

test('a busy port ends the start with code 2 and its name', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const main = fileURLToPath(new URL('../src/practice/main.ts', import.meta.url))
  const child = spawn(process.execPath, [main, '--port', String(port), '--data', join(scene.folder, 'busy')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (piece: Buffer) => (said += piece.toString()))
  const [code] = await once(child, 'close')
  expect([code, said.trim()]).toEqual([2, `Port ${port}, for the app, is in use. Choose another with --port.`])
  server.close()
})

test('[DSK6] a fresh start in a folder of somebody else is refused, and deletes nothing', async () => {
  const photos = join(scene.folder, 'photos')
  await mkdir(photos)
  await writeFile(join(photos, 'beach.jpg'), 'a beach')
  expect(await startOn(scene.folder, { SCATTERHOARD_DATA: photos })).toEqual({
    code: 1,
    said: expect.stringContaining(`The folder ${photos} holds other things (beach.jpg) and nothing of Scatterhoard.`),
  })
  expect(await readdir(photos)).toEqual(['beach.jpg'])
})

/** Runs `npm start -- --fresh` in `folder`, with `env`, to its end. */
async function startOn(
  folder: string,
  env: Readonly<Record<string, string>>,
): Promise<{ readonly code: number | null; readonly said: string }> {
  const main = fileURLToPath(new URL('../src/practice/main.ts', import.meta.url))
  const ports = ['--port', '0', '--relay-port', '0', '--stun-port', '0']
  const child = spawn(process.execPath, [main, '--fresh', ...ports], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (piece: Buffer) => (said += piece.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, said }
}
