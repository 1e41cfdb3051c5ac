import type { Clock } from '../../../ports/clock.ts'
import type { DownloadSink } from '../../../ports/download-sink.ts'
import type { Random } from '../../../ports/random.ts'
import type { DownloadHost } from './download-host.ts'

/** The browser's downloads. The code that saves a file is not loaded with the first paint. */
export interface BrowserDownloads extends DownloadSink {
  /**
   * Loads the code that saves a file, so that a press finds it ready, even without a network. A failure comes again, and is shown, when the
   * code is needed.
   */
  prepare(): void
}

/** Returns the browser's downloads as a sink, which calls `openHost` once a file is to be saved. */
export function createDownloadSink(
  openHost: () => Promise<DownloadHost>,
  clock: Pick<Clock, 'ran' | 'wait'>,
  random: Random,
): BrowserDownloads {
  const load = () => Promise.all([openHost(), import('./save-file.ts')])
  return {
    prepare: () => void load().catch(() => undefined),
    async save(file, saving) {
      const [host, { saveFile }] = await load()
      saving.signal.throwIfAborted()
      return saveFile(file, { ...saving, host, clock, random })
    },
  }
}
