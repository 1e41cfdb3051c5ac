import { createHash, randomBytes } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import { inject } from 'vitest'
import type { BrowserContext } from 'playwright'
import { openBrowser, type Browser, type Elsewhere } from './browser.ts'
import type { CommonSwarm } from './common-swarm.ts'
import { createSealWatch, sealViolations, type SealWatch } from './seal-watch.ts'
import { sealsOf, startHolder, startLiar, startServer, startSwarm, type AppServer, type OwnHolder, type Swarm } from './swarm.ts'

/** A file made for a test. */
export interface TestFile {
  readonly path: string
  readonly name: string
  readonly size: number
  readonly sha256: string
}

/** The programs and files that one test starts and makes; they end together. */
export interface Scene {
  readonly folder: string
  /** Watches everything that the pages of the scene seal. */
  readonly seals: SealWatch
  swarm(options: Omit<Parameters<typeof startSwarm>[0], 'dataFolder'> & { readonly dataFolder?: string }): Promise<Swarm>
  /** Returns the swarm that stories share: for a story that neither ends its people nor needs them to itself. */
  commonSwarm(): Promise<CommonSwarm>
  holder(networkFile: string, dataFolder: string, more?: readonly string[]): Promise<OwnHolder>
  /** A holder that lies. */
  liar(networkFile: string, dataFolder: string, lie: Parameters<typeof startLiar>[2]): Promise<OwnHolder>
  /** Serves the app, which a swarm of this scene has built, with a network.json of its own. */
  server(networkFile: string): Promise<AppServer>
  /** Opens a browser; the same `profile` finds its data again. */
  browser(profile: string, url: string, elsewhere?: Elsewhere): Promise<Browser>
  /** Makes a file of random bytes. */
  randomFile(name: string, size: number): Promise<TestFile>
  /** Writes a policy file and returns its path. */
  policy(policy: unknown): Promise<string>
  /** Ends everything, and fails when any page did something that no page may. */
  close(): Promise<void>
}

const PIECE_BYTES = 1024 * 1024

/**
 * Opens an empty scene in a folder of its own. A scene for measuring does not watch what its pages seal: the watch would cost time, and a
 * trial seals the same record again and again.
 */
export async function openScene(use: 'story' | 'measuring' = 'story'): Promise<Scene> {
  const folder = await mkdtemp(join(tmpdir(), 'scatterhoard-e2e-'))
  const browsers: Browser[] = []
  const endings: (() => Promise<void>)[] = []
  const seals = createSealWatch()
  const dataFolders = new Set<string>()
  return {
    folder,
    seals,
    async swarm(options) {
      const swarm = await startSwarm({ dataFolder: join(folder, 'swarm'), ...options })
      dataFolders.add(swarm.dataFolder)
      endings.push(() => swarm.stop())
      return swarm
    },
    async commonSwarm() {
      const answer = await fetch(inject('commonSwarm'))
      if (!answer.ok) throw new Error(await answer.text())
      return (await answer.json()) as CommonSwarm
    },
    async holder(networkFile, dataFolder, more) {
      dataFolders.add(dataFolder)
      const holder = await startHolder(networkFile, dataFolder, more)
      endings.push(() => holder.kill())
      return holder
    },
    async liar(networkFile, dataFolder, lie) {
      const liar = await startLiar(networkFile, dataFolder, lie)
      endings.push(() => liar.kill())
      return liar
    },
    async server(networkFile) {
      const server = await startServer(networkFile)
      endings.push(() => server.stop())
      return server
    },
    async browser(profile, url, elsewhere) {
      const prepare = (context: BrowserContext) => (use === 'story' ? seals.watch(context) : Promise.resolve())
      const browser = await openBrowser(join(folder, 'profiles', profile), url, prepare, elsewhere)
      browsers.push(browser)
      return browser
    },
    async randomFile(name, size) {
      const path = join(folder, name)
      const digest = createHash('sha256')
      const out = createWriteStream(path)
      for (let done = 0; done < size; done += PIECE_BYTES) {
        const piece = randomBytes(Math.min(PIECE_BYTES, size - done))
        digest.update(piece)
        if (!out.write(piece)) await once(out, 'drain')
      }
      out.end()
      await once(out, 'close')
      return { path, name, size, sha256: digest.digest('hex') }
    },
    async policy(policy) {
      const path = join(folder, 'policy.json')
      await writeFile(path, JSON.stringify(policy))
      return path
    },
    async close() {
      await Promise.all(browsers.map((browser) => browser.close().catch(() => undefined)))
      await Promise.all(endings.map((end) => end().catch(() => undefined)))
      const violations = [...dataFolders].flatMap((each) => sealViolations(sealsOf(each)))
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
      const complaints = [...browsers.flatMap((browser) => browser.complaints), ...seals.complaints, ...violations]
      if (complaints.length > 0) throw new Error(`pages did what no page may:\n${[...new Set(complaints)].join('\n')}`)
    },
  }
}

/** Returns the SHA-256 of a file, as hexadecimal digits. */
export async function sha256Of(path: string): Promise<string> {
  const digest = createHash('sha256')
  for await (const piece of createReadStream(path)) digest.update(piece as Buffer)
  return digest.digest('hex')
}
