import type { Notices } from './notices.ts'
import { updateWords } from './words/notice-words.ts'

/**
 * Says "New version ready" when one waits, and puts it in place when the person agrees: the page then loads again.
 * A new version never replaces the old one by itself: the node may be in the middle of something.
 */
export function watchUpdates(
  registration: ServiceWorkerRegistration,
  container: ServiceWorkerContainer,
  notices: Notices,
  reload: () => void,
): void {
  let hasAgreed = false
  container.addEventListener('controllerchange', () => {
    if (hasAgreed) reload()
  })
  const offer = (waiting: ServiceWorker) => {
    // the first worker of a first visit replaces nothing
    if (container.controller === null && registration.active === null) return
    notices.show({
      what: updateWords.ready,
      more: updateWords.continues,
      isUrgent: false,
      action: {
        name: updateWords.now,
        act: () => {
          hasAgreed = true
          waiting.postMessage({ is: 'SKIP_WAITING' })
        },
      },
    })
  }
  if (registration.waiting !== null) offer(registration.waiting)
  registration.addEventListener('updatefound', () => {
    const installing = registration.installing
    installing?.addEventListener('statechange', () => {
      if (installing.state === 'installed') offer(installing)
    })
  })
}
