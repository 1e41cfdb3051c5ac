import { spawn } from 'node:child_process'
import type { Server } from 'node:http'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openDataFolder, type DataFolder } from '../adapters/node/data-folder.ts'
import { sayProblem } from '../adapters/node/say-problem.ts'
import { isBuilt } from '../../setup/build-stamp.ts'
import { parsePracticeOptions, usage, type PracticeOptions } from './options.ts'
import { freeTcpPort, freeUdpPort } from './ports.ts'
import { createPrograms, type Programs } from './programs.ts'
import { createAppServer } from './serve.ts'
import { readPracticePolicy, startHolders, startRelay, writeNetworkFile } from './swarm.ts'
import { BusyPort } from '../adapters/node/busy-port.ts'

const top = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const options = parsePracticeOptions(process.argv.slice(2), process.env)
if (typeof options === 'string') {
  console.error(`${options}\n${usage}`)
  process.exit(2)
}
const programs = createPrograms()
let isStopping = false
let folder: DataFolder | undefined
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop(0))
try {
  await run(options, programs)
} catch (error) {
  if (!isStopping) console.error(sayProblem(error))
  await stop(error instanceof BusyPort ? 2 : 1)
}

async function run({ dataFolder, isFresh, peers, policy, ...wanted }: PracticeOptions, started: Programs): Promise<void> {
  const port = await freeTcpPort(wanted.port, 'app', '--port')
  const relayPort = await freeTcpPort(wanted.relayPort, 'relay', '--relay-port')
  const stunPort = await freeUdpPort(wanted.stunPort, 'STUN responder', '--stun-port')
  const practicePolicy = await readPracticePolicy(policy)
  // The folder is locked until this process ends; the relay and the holders lock their own folders in it.
  folder = await openDataFolder(dataFolder, {
    kind: 'practice swarm',
    isFresh,
    onLeft: (paths) => console.error(`Left alone, since Scatterhoard did not write it: ${paths.join(', ')}`),
  })
  if (!(await isBuilt())) await build()

  const relay = await startRelay(started, dataFolder, { relay: relayPort, stun: stunPort })
  const network = await writeNetworkFile(dataFolder, { relay, stunPort, policy: practicePolicy })
  await listen(createAppServer({ folder: join(top, 'dist'), networkText: network.text }), port)
  console.log(`Scatterhoard    http://localhost:${port}`)
  console.log(`relay           ${relay}`)
  console.log(`practice swarm  ${peers} ${peers === 1 ? 'person' : 'people'}`)
  await startHolders(started, { dataFolder, networkFile: network.path, peers }, (line) => console.log(line))
  console.log('ready')
}

/** Builds the app in a process of its own, so that the bundler's memory is freed afterwards; its output goes to the error output. */
function build(): Promise<void> {
  console.error('Building the app ...')
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(top, 'setup', 'build.ts')], { stdio: ['ignore', 'pipe', 'inherit'] })
    let said = ''
    child.stdout.on('data', (piece: Buffer) => (said += piece.toString()))
    child.once('error', reject)
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`The build failed.\n${said}`))))
  })
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', () => reject(new BusyPort(port, 'app', '--port')))
    server.listen(port, '127.0.0.1', resolve)
  })
}

async function stop(code: number): Promise<void> {
  if (isStopping) return
  isStopping = true
  await programs.stop(5_000)
  folder?.release()
  process.exit(code)
}
