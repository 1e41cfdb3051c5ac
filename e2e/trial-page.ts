import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { build } from 'vite'
import { root } from '../setup/install.mjs'
import { createAppServer } from '../src/practice/serve.ts'

/** A page that runs parts of the product by themselves, bundled and served like the product. */
export interface TrialPage {
  readonly url: string
  close(): Promise<void>
}

/** The needs of a trial beside its script. */
interface TrialOptions {
  /** The folder of the build; it is emptied first. */
  readonly folder: string
  /** Text of /network.json. */
  readonly networkText?: string
}

/** Bundles the script at `path`, below the project's root, with its workers, and serves an empty page that runs it. */
export async function serveTrial(path: string, { folder, networkText }: TrialOptions): Promise<TrialPage> {
  await build({
    configFile: false,
    root,
    publicDir: false,
    logLevel: 'warn',
    worker: { format: 'es' },
    build: {
      target: 'es2023',
      outDir: folder,
      emptyOutDir: true,
      assetsInlineLimit: 0,
      chunkSizeWarningLimit: 1_000,
      rolldownOptions: { input: join(root, path), output: { entryFileNames: 'page.js' } },
    },
  })
  await writeFile(
    join(folder, 'index.html'),
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Trial</title><script type="module" src="/page.js"></script></html>',
  )
  const server = createAppServer({ folder, ...(networkText !== undefined && { networkText }) })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://localhost:${port}/`,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
