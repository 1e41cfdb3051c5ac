import { useSyncExternalStore } from 'react'
import { useScreen } from '../shell.tsx'
import { closeIt } from '../words/shell-words.ts'
import { elsewhereLine, sayConnection } from '../words/words.ts'

/** The one line about the state of the connection. */
export function StatusLine() {
  const { connection } = useScreen().peer
  const isCut = useSyncExternalStore(watchCable, () => !navigator.onLine)
  // The browser knows of a cut before people fail to answer; while anybody still answers it is not believed.
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

/** The line of a tab that only shows the node of another tab; hidden while no tab can run the node. */
export function ElsewhereLine() {
  const { stage, peer } = useScreen()
  if (!peer.isElsewhere || stage === 'failed') return null
  return (
    <p className="elsewhere">
      <b>{elsewhereLine}</b>
      <span>{closeIt}</span>
    </p>
  )
}
