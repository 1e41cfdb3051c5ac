/**
 * Calls `wake` whenever the page comes back from somewhere or loses the network, and `leave` when it goes for good. Returns how to stop.
 * A page that goes into the back-forward cache leaves too: its connections do not survive there.
 */
export function watchLife({ wake, leave }: { readonly wake: () => void; readonly leave: () => void }): () => void {
  const stopping = new AbortController()
  const { signal } = stopping
  const onVisible = (): void => {
    if (document.visibilityState === 'visible') wake()
  }
  const onShow = (event: PageTransitionEvent): void => {
    // What left cannot be woken: a page out of the back-forward cache starts anew.
    if (event.persisted) location.reload()
    else wake()
  }
  document.addEventListener('visibilitychange', onVisible, { signal })
  document.addEventListener('resume', wake, { signal })
  window.addEventListener('online', wake, { signal })
  // Lines that are cut say nothing: those that are left are asked at once.
  window.addEventListener('offline', wake, { signal })
  window.addEventListener('pageshow', onShow, { signal })
  window.addEventListener('pagehide', leave, { signal })
  return () => stopping.abort()
}
