import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'

const program = fileURLToPath(new URL('main.ts', import.meta.url))
const closing: (() => unknown)[] = []
let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scatterhoard-relay-'))
})
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
  await rm(folder, { recursive: true })
})

test('its line says where it is, and it is the same relay after a power cut', async () => {
  const args = ['--port', '0', '--stun-port', 'off', '--data', folder]
  const first = start(args)
  const line = await first.line(/^relay /)
  expect(line).toMatch(/^relay {11}\/ip4\/127\.0\.0\.1\/tcp\/\d+\/ws\/p2p\/12D3Koo\w+$/)
  expect((await fetch(`http://127.0.0.1:${/\/tcp\/(\d+)\//.exec(line)?.[1]}/health`)).status).toBe(200)
  first.kill('SIGKILL')
  await first.code
  const second = start(args)
  const nameIn = (text: string) => text.split('/p2p/')[1]
  expect(nameIn(await second.line(/^relay /))).toBe(nameIn(line))
  second.kill('SIGTERM')
  expect(await second.code).toBe(0)
})

test('a busy port ends it with code 2 and the number of the port', async () => {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => server.close())
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  closing.push(() => socket.close())
  const [tcp, udp] = [(server.address() as AddressInfo).port, socket.address().port]
  const data = ['--data', folder]
  const busyTcp = start(['--port', String(tcp), '--stun-port', 'off', ...data])
  expect(await busyTcp.code).toBe(2)
  expect(busyTcp.said()).toBe(`Port ${tcp}, for the peers, is in use. Choose another with --port.\n`)
  const busyUdp = start(['--port', '0', '--stun-port', String(udp), ...data])
  expect(await busyUdp.code).toBe(2)
  expect(busyUdp.said()).toBe(`Port ${udp}, for the STUN responder, is in use. Choose another with --stun-port.\n`)
})

test('[DSK5] a second start on its folder ends in words, and a damaged key too', async () => {
  const args = ['--port', '0', '--stun-port', 'off', '--data', folder]
  const first = start(args)
  await first.line(/^relay /)
  const second = start(args)
  expect(await second.code).toBe(1)
  expect(second.said()).toMatch(/^The folder \S+ is in use by the relay with process id \d+, since /)
  first.kill('SIGKILL')
  await first.code
  const path = join(folder, 'relay.key')
  await writeFile(path, new Uint8Array(32))
  const third = start(args)
  expect(await third.code).toBe(1)
  expect(third.said()).toContain(`The key of this relay, ${path}, is damaged: it holds nothing but zeros. Nothing was changed.`)
  const fresh = start([...args, '--fresh'])
  expect(await fresh.line(/^relay /)).toContain('/p2p/')
})

test('wrong options end it with code 2 and how it is called', async () => {
  const wrong = start(['--port', 'many'])
  expect(await wrong.code).toBe(2)
  expect(wrong.said()).toMatch(/^A port is a number from 0 to 65535\.\nnpm run relay -- /)
})

/** Starts the program, which ends with the test at the latest. */
function start(args: readonly string[]) {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  let heard = (): void => undefined
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (bytes) => {
      said += String(bytes)
      heard()
    })
  }
  const code = once(child, 'close').then(([value]) => value as number | null)
  closing.push(() => child.kill('SIGKILL'))
  return {
    code,
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    /** Returns everything that it has printed so far, on either stream. */
    said: () => said,
    /** Resolves with the first whole line that matches. */
    line: (pattern: RegExp) =>
      new Promise<string>((resolve, reject) => {
        heard = () => {
          const found = said
            .split('\n')
            .slice(0, -1)
            .find((line) => pattern.test(line))
          if (found !== undefined) resolve(found)
        }
        heard()
        void code.then(() => reject(new Error(`it ended first: ${said}`)))
      }),
  }
}
