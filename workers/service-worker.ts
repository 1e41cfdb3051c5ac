import { cleanupOutdatedCaches, createHandlerBoundToURL, precacheAndRoute, type PrecacheEntry } from 'workbox-precaching'
import { NavigationRoute, registerRoute } from 'workbox-routing'
import { downloadPath, isDownloadId, type ToWorker } from '../src/adapters/browser/downloads/download-messages.ts'
import { createDownloadStreams } from './download-streams.ts'

/**
 * Keeps the shell for offline use and turns the bytes of a page into browser downloads. It sees no key, and only bytes that a page sent.
 */
declare const self: ServiceWorkerGlobalScope & { readonly __WB_MANIFEST: readonly PrecacheEntry[] }

const streams = createDownloadStreams(navigator.locks)

// A page that was open before the worker has asked for the settings without it.
self.addEventListener('install', (event) =>
  event.waitUntil(openSettings().then((cache) => cache.add('/network.json').catch(() => undefined))),
)
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()))
self.addEventListener('message', (event) => {
  const message: ToWorker = event.data
  // Only the person may start an update: during a transfer it would cut it off.
  if (message.is === 'SKIP_WAITING') void self.skipWaiting()
  // Browsers end a worker that has nothing to do, and a stopped page cannot remind them.
  else event.waitUntil(streams.receive(message, event.ports))
})

registerRoute(
  ({ url, sameOrigin }) => sameOrigin && url.pathname.startsWith(downloadPath),
  async ({ url }) => {
    const id = url.pathname.slice(downloadPath.length)
    return isDownloadId(id) ? streams.answer(id) : new Response('Not a download', { status: 404 })
  },
)

// The network's settings may change without a new version of the app: use fresh ones when online, otherwise the last ones.
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
