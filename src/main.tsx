import { createBrowserRandom } from './adapters/browser/browser-random.ts'
import { createDownloadSink } from './adapters/browser/downloads/download-sink.ts'
import { createMetronomeClock } from './adapters/browser/metronome-clock.ts'
import { registerServiceWorker } from './adapters/browser/service-worker-registration.ts'
import { version } from '../package.json'
import { createPageMemory, mountApp, takeLink } from './ui/index.ts'

// Take the key part of a link out of the address bar before anything else runs.
const tab = createPageMemory(() => window.sessionStorage)
const link = takeLink(window.location, window.history, tab)

const root = document.getElementById('root')
if (root === null) throw new Error('the page has no place for the app')

const clock = createMetronomeClock()
const random = createBrowserRandom()
const painted = new Promise<void>((resolve) => requestAnimationFrame(() => setTimeout(resolve)))
// The shell paints first: libp2p and the peer are chunks of their own.
const starting = painted.then(() => import('./start-peer.ts'))
const missing = starting.then(({ findMissing }) => findMissing(clock))
const peer = starting.then(async ({ startPeer }) => startPeer(clock, random, { missing: await missing }))

const serviceWorker = painted.then(() => registerServiceWorker())
const downloads = createDownloadSink(
  async () => (await import('./adapters/browser/downloads/download-host.ts')).createDownloadHost(document, serviceWorker),
  clock,
  random,
)
void serviceWorker.then(downloads.prepare)

mountApp(root, {
  peer,
  missing,
  link,
  tab,
  clock,
  downloads,
  version,
  serviceWorker,
})
