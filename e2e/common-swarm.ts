import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { startSwarm, type Swarm } from './swarm.ts'

/** The swarm of six people for stories that do not end, stop or count its people: it starts once in a run. */
export type CommonSwarm = Omit<Swarm, 'stop'>

const PEOPLE = 6

/**
 * Offers the common swarm at an address that tests get as `commonSwarm`; it starts when the first of them asks. Vitest calls this once in a
 * run of the suite, and calls the returned function at the end.
 */
export async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  let starting: Promise<Swarm> | undefined
  const folder = await mkdtemp(join(tmpdir(), 'scatterhoard-common-'))
  const server = createServer((_request, response) => {
    starting ??= startSwarm({ peers: PEOPLE, dataFolder: join(folder, 'swarm') })
    starting.then(
      (swarm) => response.end(JSON.stringify(swarm)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  provide('commonSwarm', `http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  return async () => {
    server.close()
    await (await starting?.catch(() => undefined))?.stop()
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

declare module 'vitest' {
  interface ProvidedContext {
    readonly commonSwarm: string
  }
}
