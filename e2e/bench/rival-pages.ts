import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'vite'
import { root } from '../../setup/install.mjs'
import { linesUntil } from '../swarm.ts'

const folder = join(root, 'e2e/bench/rivals')

/** Installs the exact versions of the rivals in their own folder, unless they are there. Throws when npm fails. */
export async function installRivals(): Promise<void> {
  const [wanted, present] = await Promise.all([packagesIn('package-lock.json'), packagesIn('node_modules/.package-lock.json')])
  if (wanted.size > 0 && [...wanted].every(([path, version]) => path === '' || present.get(path) === version || isOptional(path))) return
  console.log('Installing the rivals ...')
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const npm = spawn('npm', args, { cwd: folder, stdio: 'inherit', shell: process.platform === 'win32' })
  const [code] = (await once(npm, 'exit')) as [number | null]
  if (code !== 0) throw new Error('npm ci did not succeed in e2e/bench/rivals')
}

/** Tells whether a package is built for one platform, by the name of its folder: most of these are rightly absent. */
function isOptional(path: string): boolean {
  return /(android|darwin|freebsd|linux|openharmony|win32|wasm32|sunos|aix)[-\w]*$/.test(path)
}

async function packagesIn(file: string): Promise<ReadonlyMap<string, string | undefined>> {
  const text = await readFile(join(folder, file), 'utf8').catch(() => '{}')
  const { packages = {} } = JSON.parse(text) as { packages?: Record<string, { version?: string }> }
  return new Map(Object.entries(packages).map(([path, { version }]) => [path, version]))
}

/** Returns the version of an installed package of the rivals. */
export async function versionOf(name: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(folder, 'node_modules', name, 'package.json'), 'utf8')) as { version: string }
  return `${name} ${version}`
}

/** Bundles the pages into the folder `out`. */
export async function buildRivals(out: string): Promise<void> {
  await build({
    configFile: false,
    root: join(folder, 'pages'),
    logLevel: 'error',
    build: {
      target: 'es2023',
      outDir: out,
      emptyOutDir: true,
      chunkSizeWarningLimit: 2_000,
      rolldownOptions: { input: ['webtorrent', 'helia'].map((name) => join(folder, 'pages', `${name}.html`)) },
    },
  })
}

/** A program that serves the rivals' pages, and a tracker that introduces WebTorrent's. */
export interface RivalServer {
  readonly url: string
  readonly tracker: string
  close(): Promise<void>
}

/** Serves the pages in the folder `out` at `host`; `run` starts the program where that address is. */
export async function startRivalServer(
  out: string,
  host: string,
  run: (command: string, args: readonly string[], options: SpawnOptions) => ChildProcess,
): Promise<RivalServer> {
  const child = run(process.execPath, [join(root, 'e2e/bench/rival-server.ts'), out, host], { stdio: 'pipe' })
  const said = (await linesUntil(child, /^tracker /)).map((line) => line.split(' '))
  const addressOf = (name: string) => said.find(([first]) => first === name)?.[1] ?? ''
  return {
    url: addressOf('pages'),
    tracker: addressOf('tracker'),
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.stdin?.end()
      await ended
    },
  }
}
