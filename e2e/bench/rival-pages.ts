import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build, preview } from 'vite'
import { root } from '../../setup/install.mjs'

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

/** Pages of the rivals, bundled and served. */
export interface RivalPages {
  readonly url: string
  close(): Promise<void>
}

/** Bundles the pages into `out` and serves them on this machine. */
export async function serveRivals(out: string): Promise<RivalPages> {
  const common = { configFile: false, root: join(folder, 'pages'), logLevel: 'error' } as const
  await build({
    ...common,
    build: {
      target: 'es2023',
      outDir: out,
      emptyOutDir: true,
      chunkSizeWarningLimit: 2_000,
      rolldownOptions: { input: ['webtorrent', 'helia'].map((name) => join(folder, 'pages', `${name}.html`)) },
    },
  })
  const server = await preview({ ...common, build: { outDir: out }, preview: { host: '127.0.0.1', port: 0 } })
  const { port } = server.httpServer.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() }
}

/** A tracker that introduces WebTorrent's pages. */
export interface Tracker {
  readonly url: string
  close(): Promise<void>
}

/** Starts the tracker program that comes with WebTorrent, over WebSockets on this machine. */
export async function startTracker(): Promise<Tracker> {
  const file = pathToFileURL(join(folder, 'node_modules/bittorrent-tracker/server.js')).href
  const { default: TrackerServer } = (await import(file)) as { default: new (options: object) => TrackerProgram }
  const tracker = new TrackerServer({ udp: false, http: true, ws: true, stats: false })
  tracker.listen(0, '127.0.0.1')
  await once(tracker.http, 'listening')
  const { port } = tracker.http.address() as AddressInfo
  return { url: `ws://127.0.0.1:${port}`, close: () => new Promise((resolve) => tracker.close(() => resolve())) }
}

interface TrackerProgram {
  readonly http: Server
  listen(port: number, host: string): void
  close(done: () => void): void
}
