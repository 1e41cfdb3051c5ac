import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

/** The options of the server of the built app. */
export interface ServeOptions {
  /** Absolute path of the built files. */
  readonly folder: string
  /** TCP port; 0 picks a free one. */
  readonly port: number
  readonly host: string
  /** File served as /network.json. */
  readonly networkFile?: string
}

/** The usage line of the server. */
export const usage = 'npm run serve -- [--port N] [--host ADDRESS] [--network FILE] [--folder FOLDER]'

/** Returns the options in `args`, with the port of `env` where they name none, or a sentence that says what is wrong with them. */
export function parseServeOptions(args: readonly string[], env: Readonly<Record<string, string | undefined>>): ServeOptions | string {
  const text = { type: 'string' } as const
  let values
  try {
    ;({ values } = parseArgs({ args: [...args], options: { port: text, host: text, network: text, folder: text } }))
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  const portText = values.port ?? env.PORT ?? '4173'
  const port = /^\d{1,5}$/.test(portText) ? Number(portText) : Number.NaN
  if (!(port <= 65_535)) return 'A port is a number from 0 to 65535.'
  const folder = resolve(values.folder ?? join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'dist'))
  return { folder, port, host: values.host ?? '127.0.0.1', ...(values.network !== undefined && { networkFile: values.network }) }
}
