import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Page } from 'playwright'
import { build } from 'vite'
import { root } from '../../setup/install.mjs'
import { createAppServer } from '../../src/practice/serve.ts'
import type { Scene } from '../scene.ts'

/** A page that runs parts of the product by themselves, bundled and served as the product is. */
export interface BenchPage {
  readonly page: Page
  close(): Promise<void>
}

/** Builds e2e/bench/pages/`name`.html, opens it in a browser of its own, with the network of `networkText`, and waits until its script has run. */
export async function openBenchPage(scene: Scene, name: string, networkText?: string): Promise<BenchPage> {
  const folder = join(scene.folder, 'pages', name)
  await build({
    configFile: false,
    root: join(root, 'e2e/bench/pages'),
    logLevel: 'warn',
    worker: { format: 'es' },
    build: {
      target: 'es2023',
      outDir: folder,
      emptyOutDir: true,
      assetsInlineLimit: 0,
      chunkSizeWarningLimit: 1_000,
      rolldownOptions: { input: join(root, `e2e/bench/pages/${name}.html`) },
    },
  })
  const server = createAppServer({ folder, ...(networkText !== undefined && { networkText }) })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const browser = await scene.browser(`bench-${name}`, `http://localhost:${port}/${name}.html`)
  await browser.page.waitForFunction(() => 'bench' in globalThis)
  return {
    page: browser.page,
    async close() {
      await browser.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
