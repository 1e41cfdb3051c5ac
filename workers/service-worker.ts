import { cleanupOutdatedCaches, createHandlerBoundToURL, precacheAndRoute, type PrecacheEntry } from 'workbox-precaching'
import { NavigationRoute, registerRoute } from 'workbox-routing'
import { downloadPath, isDownloadId, type ToWorker } from '../src/adapters/browser/downloads/download-messages.ts'
import { createDownloadStreams } from './download-streams.ts'

/** Keeps the shell for offline use and turns the bytes of a page into browser downloads. Sees no key, and no byte that a page did not send. */
declare const self: ServiceWorkerGlobalScope & { readonly __WB_MANIFEST: readonly PrecacheEntry[] }

const streams = createDownloadStreams(navigator.locks)

// a page that was open before the worker has asked for the settings past it
self.addEventListener('install', (event) =>
  event.waitUntil(openSettings().then((cache) => cache.add('/network.json').catch(() => undefined))),
)
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()))
self.addEventListener('message', (event) => {
  const message: ToWorker = event.data
  // only ever on the person's word: an update in mid-transfer would cut it
  if (message.is === 'SKIP_WAITING') void self.skipWaiting()
  // browsers end a worker that has nothing to do; a page that is stopped cannot remind them
  else event.waitUntil(streams.receive(message, event.ports))
})

registerRoute(
  ({ url, sameOrigin }) => sameOrigin && url.pathname.startsWith(downloadPath),
  async ({ url }) => {
    const id = url.pathname.slice(downloadPath.length)
    return isDownloadId(id) ? streams.answer(id) : new Response('Not a download', { status: 404 })
  },
)

// the network's settings may change without a new version of the app: fresh when online, the last ones otherwise
registerRoute(
  ({ url, sameOrigin }) => sameOrigin && url.pathname === '/network.json',
  async ({ request }) => {
    const cache = await openSettings()
    try {
      const response = await fetch(request)
      if (response.ok) await cache.put('/network.json', response.clone())
      return response
    } catch (error) {
      const last = await cache.match('/network.json')
      if (last === undefined) throw error
      return last
    }
  },
)

function openSettings(): Promise<Cache> {
  return caches.open('settings')
}

cleanupOutdatedCaches()
precacheAndRoute([...self.__WB_MANIFEST])
registerRoute(new NavigationRoute(createHandlerBoundToURL('/s/index.html'), { allowlist: [/^\/s(?![^/%#&])/i] }))
registerRoute(new NavigationRoute(createHandlerBoundToURL('/index.html'), { denylist: [/^\/~\//] }))
