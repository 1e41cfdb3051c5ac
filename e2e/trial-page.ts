import { createServer } from 'node:http'
import { join } from 'node:path'
import { build } from 'vite'

/** A page with one worker of ours, served on this machine. */
export interface TrialPage {
  readonly url: string
  close(): Promise<void>
}

/** Bundles the worker at `entry`, below the project's root, and serves an empty page beside it as `/worker.js`. */
export async function serveTrial(entry: string): Promise<TrialPage> {
  const root = join(import.meta.dirname, '..')
  const built = await build({
    root,
    configFile: false,
    logLevel: 'error',
    build: { write: false, target: 'es2023', lib: { entry: join(root, entry), formats: ['es'], fileName: 'worker' } },
  })
  const [result] = Array.isArray(built) ? built : [built]
  if (result === undefined || !('output' in result)) throw new Error('vite bundled nothing')
  const { code } = result.output[0]
  const server = createServer((request, response) => {
    const isWorker = request.url === '/worker.js'
    response.setHeader('content-type', isWorker ? 'text/javascript' : 'text/html')
    response.end(isWorker ? code : '<!doctype html><title>trial</title>')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return {
    url: `http://127.0.0.1:${address.port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
