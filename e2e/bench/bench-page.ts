import { join } from 'node:path'
import type { Page } from 'playwright'
import type { Scene } from '../scene.ts'
import { serveTrial } from '../trial-page.ts'

/** A page whose script offers its measurements as `bench`. */
export interface BenchPage {
  readonly page: Page
  close(): Promise<void>
}

/** Serves e2e/bench/pages/`name`.ts, with the network of `networkText`, opens it in a browser of its own and waits until it has run. */
export async function openBenchPage(scene: Scene, name: string, networkText?: string): Promise<BenchPage> {
  const folder = join(scene.folder, 'pages', name)
  const trial = await serveTrial(`e2e/bench/pages/${name}.ts`, { folder, ...(networkText !== undefined && { networkText }) })
  const browser = await scene.browser(`bench-${name}`, trial.url)
  await browser.page.waitForFunction(() => 'bench' in globalThis)
  return {
    page: browser.page,
    async close() {
      await browser.close()
      await trial.close()
    },
  }
}
