import { useSyncExternalStore } from 'react'
import { useScreen } from '../shell.tsx'
import { elsewhereLine, sayConnection } from '../words/words.ts'

/** The one place that says how we are. */
export function StatusLine() {
  const { connection } = useScreen().peer
  const isCut = useSyncExternalStore(watchCable, () => !navigator.onLine)
  // The browser knows before anybody has failed to answer; who still answers is right all the same.
  const said = isCut && connection.people === 0 ? { ...connection, is: 'offline' as const } : connection
  return (
    <p className="status" role="status" data-is={said.is}>
      {sayConnection(said)}
    </p>
  )
}

function watchCable(listener: () => void): () => void {
  const ends = new AbortController()
  for (const change of ['online', 'offline']) window.addEventListener(change, listener, { signal: ends.signal })
  return () => ends.abort()
}

/** Said in a second tab, which only shows what the first one does; not while no tab can run the node. */
export function ElsewhereLine() {
  const { stage, peer } = useScreen()
  if (!peer.isElsewhere || stage === 'failed') return null
  return (
    <p className="elsewhere">
      <b>{elsewhereLine}</b>
      <span>Close it to continue here.</span>
    </p>
  )
}
