import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { extname, join, normalize, sep } from 'node:path'
import { pipeline } from 'node:stream'
import { chooseCoding, codings, type Coding } from './content-coding.ts'
import { cacheControlOf, isLinkPath, routes, securityHeaders } from '../../setup/headers.ts'

/** The files that the server hands out. */
export interface AppFolder {
  /** The built files. */
  readonly folder: string
  /** Text of /network.json; without it the one in the folder is served. */
  readonly networkText?: string
}

/** Tolerance for times of change: copying a folder may set them anew, file by file. */
const COPIED_WITHIN_MS = 2_000

const contentTypes: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
}

/**
 * Returns a server for the built app that behaves like a well-configured static host: the headers of headers.ts on every answer, an
 * index.html per route, nothing outside the folder, GET and HEAD only. It is not listening yet.
 */
export function createAppServer(app: AppFolder): Server {
  return createServer((request, response) => {
    answer(app, request, response).catch(() => {
      if (response.headersSent) response.destroy()
      else say(response, 500, 'The file could not be read.')
    })
  })
}

async function answer(app: AppFolder, request: IncomingMessage, response: ServerResponse): Promise<void> {
  for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value)
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD')
    return say(response, 405, 'Only GET and HEAD are answered here.')
  }
  const path = pathOf(request.url ?? '/')
  if (path === undefined) return say(response, 400, 'This address cannot be read.')
  response.setHeader('Cache-Control', cacheControlOf(path))
  if (path === '/network.json' && app.networkText !== undefined) {
    response.setHeader('Content-Type', contentTypes['.json'] ?? '')
    response.end(request.method === 'HEAD' ? undefined : app.networkText)
    return
  }
  const found = await findFile(app.folder, path)
  if (found === undefined) return say(response, 404, 'There is nothing here.')
  const copies = await findCopies(found)
  if (copies.length > 1) response.setHeader('Vary', 'Accept-Encoding')
  // A range refers to the file as it is; this server then sends all of that.
  const accepted = request.headers.range === undefined ? request.headers['accept-encoding'] : undefined
  const coding = chooseCoding(
    Array.isArray(accepted) ? accepted.join(',') : accepted,
    copies.map((copy) => copy.coding),
  )
  const sent = copies.find((copy) => copy.coding === coding)
  if (sent === undefined) return say(response, 406, 'This file is not there in any encoding that was asked for.')
  response.setHeader('Content-Type', contentTypes[extname(found.file)] ?? 'application/octet-stream')
  response.setHeader('Content-Length', sent.size)
  if (sent.coding !== 'identity') response.setHeader('Content-Encoding', sent.coding)
  if (request.method === 'HEAD') response.end()
  else pipeline(createReadStream(sent.file), response, () => undefined)
}

/** Returns the decoded path; undefined when it is malformed or tries to climb. Every link path becomes that of the link's page. */
function pathOf(url: string): string | undefined {
  try {
    const { pathname } = new URL(url, 'http://localhost')
    if (isLinkPath(pathname)) return '/s/'
    const path = decodeURIComponent(pathname)
    const hasTricks = path.includes('\0') || path.includes('\\') || path.split('/').some((step) => step === '..' || step.startsWith('.'))
    return hasTricks ? undefined : path
  } catch {
    return undefined
  }
}

interface FoundFile {
  readonly file: string
  readonly size: number
  readonly changedMs: number
}

/** Resolves with the file as it is and its compressed copies, except older ones, which have another content. */
async function findCopies(found: FoundFile): Promise<readonly (FoundFile & { readonly coding: Coding })[]> {
  const copies = [{ ...found, coding: 'identity' as Coding }]
  for (const [coding, suffix] of Object.entries(codings)) {
    const facts = await stat(found.file + suffix).catch(() => undefined)
    if (facts?.isFile() !== true || facts.mtimeMs < found.changedMs - COPIED_WITHIN_MS) continue
    copies.push({ file: found.file + suffix, size: facts.size, changedMs: facts.mtimeMs, coding: coding as Coding })
  }
  return copies
}

async function findFile(folder: string, path: string): Promise<FoundFile | undefined> {
  for (const candidate of [path, `${path}/index.html`, ...routePage(path)]) {
    const file = normalize(join(folder, candidate))
    if (!file.startsWith(folder + sep)) continue
    const facts = await stat(file).catch(() => undefined)
    if (facts?.isFile() === true) return { file, size: facts.size, changedMs: facts.mtimeMs }
  }
  return undefined
}

/** Returns the page of the route to which a path belongs: addresses below a route have its page. */
function routePage(path: string): readonly string[] {
  const first = path.split('/')[1]
  return routes.some((route) => route === first) && extname(path) === '' ? ['/index.html'] : []
}

function say(response: ServerResponse, status: number, sentence: string): void {
  response.statusCode = status
  response.setHeader('Content-Type', 'text/plain; charset=utf-8')
  response.end(`${sentence}\n`)
}
