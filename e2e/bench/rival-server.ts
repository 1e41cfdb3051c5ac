// Serves the rivals' pages and a tracker for WebTorrent, the one that comes with it: `rival-server.ts FOLDER HOST`. A program of its own,
// so that it can run in a namespace. It ends when its stdin ends, so it never outlives the bench.
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { preview } from 'vite'
import { root } from '../../setup/install.mjs'

interface TrackerProgram {
  readonly http: Server
  listen(port: number, host: string): void
}

const [folder = '', host = ''] = process.argv.slice(2)
process.stdin.resume().once('end', () => process.exit())

const pages = await preview({ configFile: false, root: folder, logLevel: 'error', build: { outDir: folder }, preview: { host, port: 0 } })
console.log(`pages http://${host}:${portOf(pages.httpServer)}`)

const file = pathToFileURL(join(root, 'e2e/bench/rivals/node_modules/bittorrent-tracker/server.js')).href
const { default: TrackerServer } = (await import(file)) as { default: new (options: object) => TrackerProgram }
const tracker = new TrackerServer({ udp: false, http: true, ws: true, stats: false })
tracker.listen(0, host)
await once(tracker.http, 'listening')
console.log(`tracker ws://${host}:${portOf(tracker.http)}`)

function portOf(server: { address(): AddressInfo | string | null }): number {
  return (server.address() as AddressInfo).port
}
