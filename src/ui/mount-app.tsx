import { createRoot } from 'react-dom/client'
import type { Need } from '../core/needs.ts'
import type { Peer } from '../peer/index.ts'
import type { DownloadSink } from '../ports/download-sink.ts'
import { App } from './app.tsx'
import { createScreenModel } from './screen-model.ts'
import { createDownloads } from './downloads/downloads.ts'
import { isLinkPath, type ReceivedLink } from './fragment.ts'
import { loadLinkPage, Missing, RescueChoices, TransfersTray } from './lazy-screens.tsx'
import './look/index.css'
import { createNotices } from './notices.ts'
import { createSheets } from './sheets.ts'
import { ShellProvider } from './shell.tsx'
import { createPageMemory, type PageClock, type PageMemory } from './surroundings.ts'
import { loadWordsOfTrouble } from './words/words.ts'
import { applyTheme } from './you/theme.ts'

/** The parts of the page, from the composition root. */
export interface AppOptions {
  /** Resolves once the peer has started; until then the shell takes drops and keeps them for it. A rejection is shown in words. */
  readonly peer: Promise<Peer>
  /** Resolves with the needs that this browser does not meet. */
  readonly missing: Promise<readonly Need[]>
  /** The link from `takeLink`, which has to run before anything else. */
  readonly link: ReceivedLink | undefined
  /** The memory of this tab alone. */
  readonly tab: PageMemory
  readonly clock: PageClock
  /** The sink of all downloads. */
  readonly downloads: DownloadSink
  /** Version of the app, as people can report it. */
  readonly version: string
  /** The service worker's registration, undefined where the browser allows none. Never rejects. */
  readonly serviceWorker: Promise<ServiceWorkerRegistration | undefined>
}

/** Paints the page into `root` at once; it fills itself as the peer starts. */
export function mountApp(root: HTMLElement, options: AppOptions): void {
  const { peer, missing, link, tab, clock, version, serviceWorker } = options
  const memory = createPageMemory(() => window.localStorage)
  applyTheme(memory)
  const notices = createNotices(clock)
  const sheets = createSheets(window.history, (listener) => window.addEventListener('popstate', listener))
  void loadWordsOfTrouble()
  const model = createScreenModel(peer, clock, notices, missing, memory)
  const downloads = createDownloads(options.downloads, clock)

  const awaitUpdates = async () => {
    const registration = await serviceWorker
    if (registration === undefined) return
    const { watchUpdates } = await import('./updates.ts')
    watchUpdates(registration, navigator.serviceWorker, notices, () => window.location.reload())
  }
  // a failure waits for the next start, which looks for updates again
  awaitUpdates().catch(() => undefined)
  // deleted files stay deleted, even when the page goes before the time to undo is over
  window.addEventListener('pagehide', () => model.settle())

  // if the host has gone meanwhile and this import fails, the page only asks and says less
  import('./watch-model.ts').then(({ watchModel }) => watchModel({ model, notices, clock }, window)).catch(() => undefined)

  const shell = { model, downloads, notices, sheets, clock, memory, version, onEveryScreen: { TransfersTray, RescueChoices, Missing } }
  const paint = () =>
    createRoot(root).render(
      <ShellProvider shell={shell}>
        <App link={link} tab={tab} />
      </ShellProvider>,
    )
  // the outline of the page of a link stays until that page itself can be shown
  if (isLinkPath(window.location.pathname)) void loadLinkPage().then(paint)
  else paint()
}
