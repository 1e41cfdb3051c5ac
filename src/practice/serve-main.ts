import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { isIPv6 } from 'node:net'
import { join } from 'node:path'
import { sayProblem } from '../adapters/node/say-problem.ts'
import { parseServeOptions, usage } from './serve-options.ts'
import { createAppServer } from './serve.ts'

const options = parseServeOptions(process.argv.slice(2), process.env)
if (typeof options === 'string') {
  console.error(`${options}\n${usage}`)
  process.exit(2)
}
const { folder, port, host, networkFile } = options
if (!existsSync(join(folder, 'index.html'))) {
  console.error(`There is no built app in ${folder}: run npm run build first.\n${usage}`)
  process.exit(2)
}
try {
  const networkText = networkFile === undefined ? undefined : await readFile(networkFile, 'utf8')
  const server = createAppServer({ folder, ...(networkText !== undefined && { networkText }) })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve))
  const address = server.address()
  const actual = typeof address === 'object' && address !== null ? address.port : port
  const isThisMachine = ['127.0.0.1', '0.0.0.0', '::', '::1'].includes(host)
  console.log(`Scatterhoard    http://${isThisMachine ? 'localhost' : isIPv6(host) ? `[${host}]` : host}:${actual}`)
} catch (error) {
  console.error(sayProblem(error))
  process.exit(2)
}
