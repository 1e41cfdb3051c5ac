import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { afterEach, expect, test } from 'vitest'
import { until } from '../app.ts'
import { openBox, whyNoBox, type Box } from './box.ts'

const trouble = whyNoBox()
if (trouble !== undefined) console.log(`Skipped: no internet in a box. ${trouble}`)

let box: Box | undefined
afterEach(async () => {
  await box?.close()
  box = undefined
})

test.skipIf(trouble !== undefined)('people in a box reach each other over their lines and nobody else, not even another box', async () => {
  box = await openBox({ ann: { up: 5, delayMs: 10 }, ben: {} })
  const other = await openBox({ ann: {} })
  try {
    const listener = box.run('ben', process.execPath, ['-e', LISTENER], { stdio: ['ignore', 'pipe', 'inherit'] })
    await wordsOf(listener)
    expect(await wordsOf(ask(box, box.addressOf('ben')))).toBe('heard')
    // In the other box nobody listens at this address, and the machine's own loopback is out of reach.
    expect(await wordsOf(ask(other, box.addressOf('ben')))).toBe('nothing')
    expect(await wordsOf(ask(other, '127.0.0.1'))).toBe('nothing')
    const { ann } = await box.figures()
    expect(ann?.sentBytes).toBeGreaterThan(0)
  } finally {
    await other.close()
  }
})

test.skipIf(trouble !== undefined)('a round trip takes the delay of a line twice and the time in its queues', async () => {
  box = await openBox({ ann: { delayMs: 10 } })
  await box.pings('ann')
  const heard: number[] = []
  await until(async () => heard.push(...((await box?.pings('ann')) ?? [])) > 2)
  expect(heard.filter((ms) => ms < 20 || ms > 20.1)).toEqual([])
  // 92 bytes at 4 kbit/s take 184 ms, and as long on the way back.
  await box.tune({ ann: { delayMs: 10, up: 0.004, down: 0.004 } })
  const slow: number[] = []
  await until(async () => slow.push(...((await box?.pings('ann')) ?? []).filter((ms) => ms > 21)) > 2)
  expect(Math.min(...slow)).toBeGreaterThan(20 + 184 - 1)
})

test.skipIf(trouble !== undefined)(
  'a box ends with the process that opened it, even a killed one, and so do the programs in the box',
  async () => {
    const text = `const { openBox } = await import(${JSON.stringify(new URL('box.ts', import.meta.url).href)})
    const box = await openBox({ ann: {} })
    const { pid } = box.run('ann', process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore', detached: true })
    console.log(box.commandOf('ann', '')[3] + ' ' + pid)
    setInterval(() => {}, 1000)`
    const opener = spawn(process.execPath, ['--input-type=module', '-e', text], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [space = '', pid] = (await wordsOf(opener)).split(' ')
    expect(spaces()).toContain(space)
    opener.kill('SIGKILL')
    await until(async () => !spaces().includes(space))
    await until(async () => !isRunning(Number(pid)))
  },
)

const LISTENER = `require('net').createServer((socket) => socket.end('heard')).listen(5000, () => console.log('listening'))`

/** Connects to `address` from Ann's namespace and prints the listener's answer, or "nothing". */
function ask(place: Box, address: string): ChildProcess {
  const text = `const socket = require('net').connect(5000, '${address}').setTimeout(1500)
    const say = (words) => { console.log(words); process.exit() }
    socket.on('data', (words) => say(String(words))).on('timeout', () => say('nothing')).on('error', () => say('nothing'))`
  return place.run('ann', process.execPath, ['-e', text], { stdio: ['ignore', 'pipe', 'inherit'] })
}

async function wordsOf({ stdout }: ChildProcess): Promise<string> {
  if (stdout === null) throw new Error('no output to read')
  return String((await once(stdout, 'data'))[0]).trim()
}

/** Tells whether a process runs. A zombie, which nobody has waited for yet, has an empty command line. */
function isRunning(pid: number): boolean {
  const path = `/proc/${pid}/cmdline`
  return existsSync(path) && readFileSync(path, 'utf8') !== ''
}

function spaces(): readonly string[] {
  return spawnSync('ip', ['netns', 'list'], { encoding: 'utf8' })
    .stdout.split('\n')
    .map((line) => line.split(' ')[0] ?? '')
}
