import { useDesk } from '../shell.tsx'
import { elsewhereLine, sayConnection } from '../words.ts'

/** The one place that says how we are. */
export function StatusLine() {
  const { peer } = useDesk()
  return (
    <p className="status" role="status" data-is={peer.connection.is}>
      {sayConnection(peer.connection)}
    </p>
  )
}

/** Said in a second tab, which only shows what the first one does; not while no tab can run the node. */
export function ElsewhereLine() {
  const { stage, peer } = useDesk()
  if (!peer.isElsewhere || stage === 'failed') return null
  return (
    <p className="elsewhere">
      <b>{elsewhereLine}</b>
      <span>This one takes over by itself when that one is closed.</span>
    </p>
  )
}
