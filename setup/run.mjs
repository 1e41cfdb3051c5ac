// The way into every npm command. Plain JavaScript for the Node that happens to be installed: it brings what is missing
// and hands over to the Node that runs TypeScript.
import { spawn, spawnSync } from 'node:child_process'
import { delimiter, dirname, join } from 'node:path'
import { installMissing, modernNode, root } from './install.mjs'

/** The script and first arguments of each command. */
const commands = {
  start: ['src/practice/main.ts'],
  serve: ['src/practice/serve-main.ts'],
  relay: ['src/relay/main.ts'],
  holder: ['src/holder/main.ts'],
  sim: ['src/sim/main.ts'],
  build: ['setup/build.ts'],
  test: ['setup/test.mjs'],
  'test:large': ['setup/test.mjs', 'large'],
  'test:soak': ['setup/test.mjs', 'soak'],
  bench: ['setup/bench.mjs'],
  check: ['setup/check.mjs'],
  format: ['node_modules/prettier/bin/prettier.cjs', '--write', '--log-level=warn', '.'],
}

const [command = '', ...args] = process.argv.slice(2)
const program = commands[/** @type {keyof typeof commands} */ (command)]
if (program === undefined) {
  console.error(`Unknown command "${command}". There are: ${Object.keys(commands).join(', ')}`)
  process.exit(2)
}
installMissing()
const node = modernNode()
const path = [dirname(node), join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter)
// Every program of a swarm is a process of its own: what one of them has compiled the others need not.
const env = { NODE_COMPILE_CACHE: join(root, '.build', 'compiled'), ...process.env, PATH: path }
const { status } = spawnSync(node, [join(root, 'setup/build-wasm.ts')], { stdio: 'inherit', env })
if (status !== 0) process.exit(status ?? 1)
const [script = '', ...rest] = program
const child = spawn(node, [join(root, script), ...rest, ...args], { stdio: 'inherit', env })

// A terminal sends Ctrl-C to the whole group, a supervisor only to this process: pass it on and wait for the child's own end.
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, () => child.kill(signal))
// npm that is ended alone leaves this process behind: whoever npm started and is orphaned ends what it started, once.
const parent = process.ppid
const watch = setInterval(() => {
  if (process.env.npm_lifecycle_event === undefined || process.ppid === parent) return
  clearInterval(watch)
  child.kill('SIGTERM')
}, 1_000).unref()
child.on('error', (error) => {
  console.error(error.message)
  process.exitCode = 1
})
child.on('exit', (code, signal) => {
  process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1)
})
