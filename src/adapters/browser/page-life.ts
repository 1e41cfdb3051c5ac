/**
 * Calls `wake` whenever the page is shown again or its network comes or goes, and `leave` when the page goes for good. Returns how to stop.
 * A page that enters the back-forward cache leaves too: its connections do not survive there.
 */
export function watchLife({ wake, leave }: { readonly wake: () => void; readonly leave: () => void }): () => void {
  const stopping = new AbortController()
  const { signal } = stopping
  const onVisible = (): void => {
    if (document.visibilityState === 'visible') wake()
  }
  const onShow = (event: PageTransitionEvent): void => {
    // A page that has left cannot be woken: one that comes out of the back-forward cache starts anew.
    if (event.persisted) location.reload()
    else wake()
  }
  document.addEventListener('visibilitychange', onVisible, { signal })
  document.addEventListener('resume', wake, { signal })
  window.addEventListener('online', wake, { signal })
  // A cut connection reports nothing: `wake` checks at once which ones are left.
  window.addEventListener('offline', wake, { signal })
  window.addEventListener('pageshow', onShow, { signal })
  window.addEventListener('pagehide', leave, { signal })
  return () => stopping.abort()
}
