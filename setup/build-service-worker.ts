import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build, type Plugin } from 'vite'
import { filesBelow } from './files-below.ts'

/** A file that the service worker keeps for use without a network; `revision` is null where the name already carries a hash. */
interface PrecacheEntry {
  readonly url: string
  readonly revision: string | null
}

/**
 * Bundles workers/service-worker.ts to /service-worker.js after everything else is written, with `self.__WB_MANIFEST`
 * replaced by the list of the files the app consists of.
 */
export function buildServiceWorker(): Plugin {
  let folder = ''
  let source = ''
  return {
    name: 'scatterhoard-service-worker',
    apply: 'build',
    configResolved(config) {
      folder = join(config.root, config.build.outDir)
      source = join(config.root, 'workers/service-worker.ts')
    },
    closeBundle: {
      sequential: true,
      order: 'post',
      async handler() {
        if (!existsSync(source) || !existsSync(join(folder, 'index.html'))) return
        await build({
          configFile: false,
          logLevel: 'warn',
          define: {
            'self.__WB_MANIFEST': JSON.stringify(await precacheEntries(folder)),
            'process.env.NODE_ENV': JSON.stringify('production'),
          },
          build: {
            outDir: folder,
            emptyOutDir: false,
            copyPublicDir: false,
            target: 'es2023',
            rolldownOptions: { input: source, output: { format: 'iife', entryFileNames: 'service-worker.js', codeSplitting: false } },
          },
        })
      },
    },
  }
}

/** Returns the app's own files, without those of the host: among them one index.html for all routes of the app, and that of a link. */
async function precacheEntries(folder: string): Promise<readonly PrecacheEntry[]> {
  const paths = (await filesBelow(folder)).filter((path) => isPartOfTheApp(path))
  return Promise.all(
    paths.map(async (path) => {
      const isHashed = path.startsWith('assets/')
      const revision = createHash('sha256')
        .update(await readFile(join(folder, path)))
        .digest('hex')
        .slice(0, 16)
      return { url: `/${path}`, revision: isHashed ? null : revision }
    }),
  )
}

function isPartOfTheApp(path: string): boolean {
  if (['service-worker.js', 'network.json', '_headers', '404.html'].includes(path) || path.startsWith('hosting/')) return false
  return path === 'index.html' || path === 's/index.html' || !path.endsWith('/index.html')
}
