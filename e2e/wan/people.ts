import { spawnSync } from 'node:child_process'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findChromium } from '../../setup/chromium.mjs'
import { isBuilt } from '../../setup/build-stamp.ts'
import { root } from '../../setup/install.mjs'
import type { Browser } from '../browser.ts'
import type { Scene } from '../scene.ts'
import { linesUntil } from '../swarm.ts'
import { openBox, type Box, type Line } from './box.ts'
import { countTransport } from './transport.ts'

/** A relay with the app, holders, and two people with browsers, each with a line of its own. All lines are fast until they are tuned. */
export interface People {
  /** `hub` is the namespace of the relay, its STUN server and the app. */
  readonly box: Box
  readonly url: string
  /** Address of the relay, and of its STUN server as a page's configuration of WebRTC names it. */
  readonly relay: string
  readonly stun: string
  /** Names of the holders in the box. */
  readonly holders: readonly string[]
  /** Tunes the lines of all holders to one, and those in `others` to the line named there. */
  tune(holders: Line, others: Readonly<Record<string, Line>>): Promise<void>
  /** Opens `url`, served in the box, in the namespace of `name`; the same `profile` finds its data again. */
  browser(name: 'owner' | 'reader', profile: string, url: string): Promise<Browser>
  close(): Promise<void>
}

const PORTS = { relay: 9090, stun: 3478, app: 4173 }

/** Starts the programs in a new box. `policy` is the policy of their network; `folder` gets their data. */
export async function openPeople(
  scene: Scene,
  { folder, holders: count, policy }: { readonly folder: string; readonly holders: number; readonly policy: unknown },
): Promise<People> {
  if (!(await isBuilt())) spawnSync(process.execPath, [join(root, 'setup/build.ts')], { stdio: ['ignore', 'ignore', 'inherit'] })
  const holders = Array.from({ length: count }, (_, at) => `holder-${at}`)
  const box = await openBox(Object.fromEntries(['hub', 'owner', 'reader', ...holders].map((name) => [name, {}])))
  try {
    const host = box.addressOf('hub')
    const start = (name: string, script: string, args: readonly string[], last: RegExp) =>
      linesUntil(box.run(name, process.execPath, [join(root, script), ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] }), last)

    const ports = ['--port', String(PORTS.relay), '--stun-port', String(PORTS.stun)]
    const said = await start('hub', 'src/relay/main.ts', ['--host', host, ...ports, '--data', join(folder, 'relay')], /^relay /)
    const relays = said.flatMap((line) => /^relay +(\S+)$/.exec(line)?.[1] ?? [])
    const networkFile = join(folder, 'network.json')
    const stun = `stun:${host}:${PORTS.stun}`
    await writeFile(networkFile, JSON.stringify({ relays, iceServers: [{ urls: [stun] }], policy }))
    const url = `http://${host}:${PORTS.app}`
    const app = start(
      'hub',
      'src/practice/serve-main.ts',
      ['--host', host, '--port', String(PORTS.app), '--network', networkFile],
      /^Scatterhoard /,
    )
    const more = ['--network', networkFile, '--offer', '8GiB', '--allowance', 'whole-offer']
    const keepers = holders.map((name) => start(name, 'src/holder/main.ts', [...more, '--data', join(folder, name)], /^holder /))
    await Promise.all([app, ...keepers])
    const chromium = (await findChromium()) ?? ''
    return {
      box,
      url,
      relay: relays[0] ?? '',
      stun,
      holders,
      async tune(line, others) {
        await box.tune({ ...Object.fromEntries(holders.map((name) => [name, line])), ...others })
      },
      async browser(name, profile, address) {
        const program = join(folder, `chromium-of-${name}`)
        await writeFile(program, `#!/bin/sh\nexec ${box.commandOf(name, chromium).join(' ')} "$@"\n`)
        await chmod(program, 0o755)
        return scene.browser(profile, address, { program, host, origin: new URL(address).origin, prepare: countTransport })
      },
      close: () => box.close(),
    }
  } catch (error) {
    await box.close()
    throw error
  }
}
