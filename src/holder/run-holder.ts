import { resolve } from 'node:path'
import { outliveClosingStreams } from '../adapters/node/outlive-streams.ts'
import { sayProblem } from '../adapters/node/say-problem.ts'
import { startHolder, type Decorate } from './holder.ts'
import { parseHolderOptions, usage } from './options.ts'

/**
 * Runs the holder program with these arguments until a signal, or the end of the program that started it, ends it. Prints one line once it
 * is up.
 * @param decorate returns the shard store to use in place of the given one
 */
export async function runHolder(args: readonly string[], decorate?: Decorate): Promise<void> {
  outliveClosingStreams()
  const options = parseHolderOptions(args)
  if (typeof options === 'string') {
    console.error(`${options}\n${usage}`)
    return process.exit(2)
  }
  // A holder that another program started over a channel ends with that program, even while it is still starting.
  let stop = (): void => process.exit(0)
  if (process.send !== undefined && !process.connected) stop()
  process.once('disconnect', () => stop())
  try {
    const holder = await startHolder({ ...options, dataFolder: resolve(options.dataFolder) }, (line) => console.error(line), decorate)
    console.log(`holder ${holder.name} ${holder.peerId} pid ${process.pid} status ${holder.statusUrl} data ${resolve(options.dataFolder)}`)
    let isStopping = false
    stop = () => {
      if (isStopping) return
      isStopping = true
      // Acknowledged bytes are on disk already, so an exit after 4 s without a goodbye loses nothing.
      setTimeout(() => process.exit(0), 4_000).unref()
      void holder.close().then(() => process.exit(0))
    }
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
  } catch (error) {
    console.error(sayProblem(error))
    process.exit(1)
  }
}
