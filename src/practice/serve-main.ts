import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createAppServer } from './serve.ts'

const usage = 'npm run serve -- [--port N] [--host ADDRESS] [--network FILE] [--folder FOLDER]'
const text = { type: 'string' } as const
const { values } = parseArgs({ options: { port: text, host: text, network: text, folder: text } })
const folder = resolve(values.folder ?? join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'dist'))
const port = Number(values.port ?? process.env.PORT ?? 4173)
const host = values.host ?? '127.0.0.1'
if (!existsSync(join(folder, 'index.html'))) {
  console.error(`There is no built app in ${folder}: run npm run build first.\n${usage}`)
  process.exit(2)
}
const networkText = values.network === undefined ? undefined : await readFile(values.network, 'utf8')
const server = createAppServer({ folder, ...(networkText !== undefined && { networkText }) })
server.once('error', () => {
  console.error(`Port ${port}, for the app, is in use. Choose another with --port.`)
  process.exit(2)
})
server.listen(port, host, () => {
  const address = server.address()
  const actual = typeof address === 'object' && address !== null ? address.port : port
  console.log(`Scatterhoard    http://${host === '127.0.0.1' ? 'localhost' : host}:${actual}`)
})
