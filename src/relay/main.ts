import { readFile } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { resolve } from 'node:path'
import { openDataFolder } from '../adapters/node/data-folder.ts'
import { outliveClosingStreams } from '../adapters/node/outlive-streams.ts'
import { sayProblem } from '../adapters/node/say-problem.ts'
import { parseRelayOptions, usage } from './options.ts'
import { loadRelayKey } from './relay-key.ts'
import { hostPort, sayReach } from './reach.ts'
import { createRelay } from './relay.ts'
import { BusyPort } from '../adapters/node/busy-port.ts'

outliveClosingStreams()
const options = parseRelayOptions(process.argv.slice(2))
if (typeof options === 'string') {
  console.error(`${options}\n${usage}`)
  process.exit(2)
}
// A relay that another program started over a channel ends with that program, even while it is still starting.
let stop = (): void => process.exit(0)
if (process.send !== undefined && !process.connected) stop()
process.once('disconnect', () => stop())
try {
  const { tls } = options
  // The folder is locked until this process ends.
  const folder = await openDataFolder(resolve(options.dataFolder), { kind: 'relay', isFresh: options.isFresh })
  const relay = await createRelay({
    key: await loadRelayKey(folder),
    port: options.port,
    host: options.host,
    announce: options.announce,
    networkName: options.networkName,
    ...(options.stunPort !== undefined && { stunPort: options.stunPort }),
    ...(tls !== undefined && { tls: { cert: await readFile(tls.certFile), key: await readFile(tls.keyFile) } }),
  })
  stop = () =>
    void relay.close().finally(() => {
      folder.release()
      process.exit(0)
    })
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  if (relay.stunPort !== undefined) console.log(`stun            ${hostPort(options.host, relay.stunPort)}`)
  console.log(`relay           ${relay.address}`)
  for (const line of sayReach(options, relay.address, networkInterfaces())) console.error(line)
} catch (error) {
  console.error(sayProblem(error))
  process.exit(error instanceof BusyPort ? 2 : 1)
}
