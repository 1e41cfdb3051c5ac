import { trustedScriptUrl } from './worker-url.ts'

/** Registers the app's service worker. Resolves with undefined where the browser has none; the app then works without it. */
export async function registerServiceWorker(): Promise<ServiceWorkerRegistration | undefined> {
  if (!('serviceWorker' in navigator)) return undefined
  try {
    return await navigator.serviceWorker.register(trustedScriptUrl('/service-worker.js') as string, { scope: '/' })
  } catch {
    return undefined
  }
}
