import { useEffect, useState, type FormEvent } from 'react'
import type { PeerSnapshot } from '../../peer/index.ts'
import { Trouble } from '../parts/trouble.tsx'
import { useShell } from '../shell.tsx'
import { sayError, sayTrouble, type Sentences } from '../words.ts'

const LONG_MS = 4_000

/** The programs that introduce people, and a field to add one. */
export function Relays({ relays }: { readonly relays: PeerSnapshot['relays'] }) {
  const { desk, notices } = useShell()
  const [address, setAddress] = useState('')
  const [isAdding, setIsAdding] = useState(false)
  const [failure, setFailure] = useState<Sentences>()
  const isAlone = useLong(relays.length > 0 && relays.every((relay) => !relay.isConnected))

  const add = async () => {
    setIsAdding(true)
    setFailure(undefined)
    try {
      await (await desk.peer).addRelay(address.trim())
      setAddress('')
      notices.show({ what: 'Relay added', more: 'It is used until this page is closed.', isUrgent: false }, { forMs: 5_000 })
    } catch (error) {
      setFailure(sayError(error))
    } finally {
      setIsAdding(false)
    }
  }
  const onSubmit = (event: FormEvent) => {
    event.preventDefault()
    if (address.trim() !== '') void add()
  }

  return (
    <section className="card" aria-label="Relays">
      <h2>Relays</h2>
      <p className="soft">A relay only makes introductions; no file passes through it.</p>
      {relays.length === 0 ? (
        <p className="soft">None known yet.</p>
      ) : (
        <ul className="relays">
          {relays.map((relay) => (
            <li key={relay.address}>
              <code>{relay.address}</code>
              <span className="soft small">{relay.isConnected ? 'Connected' : 'Not reached, trying again'}</span>
            </li>
          ))}
        </ul>
      )}
      {isAlone && <Trouble sentences={sayTrouble({ code: 'relay-unreachable', facts: { relays: relays.length } })} />}
      <form className="copyline" onSubmit={onSubmit}>
        <input
          className="field"
          aria-label="Relay address"
          placeholder="/dns4/relay.example/tcp/443/wss/p2p/…"
          spellCheck={false}
          autoCapitalize="none"
          autoComplete="off"
          value={address}
          onChange={(event) => setAddress(event.currentTarget.value)}
        />
        <button type="submit" className="button" disabled={isAdding || address.trim() === ''}>
          {isAdding ? 'Connecting' : 'Add relay'}
        </button>
      </form>
      {failure !== undefined && <Trouble sentences={failure} />}
    </section>
  )
}

/** At a start no relay is connected yet: returns true once `isSo` has lasted for a while. */
function useLong(isSo: boolean): boolean {
  const { clock } = useShell()
  const [isLong, setIsLong] = useState(false)
  useEffect(() => {
    if (!isSo) return undefined
    const change = new AbortController()
    clock.wait(LONG_MS, { signal: change.signal }).then(
      () => setIsLong(true),
      () => undefined,
    )
    return () => {
      change.abort(new Error('it changed'))
      setIsLong(false)
    }
  }, [clock, isSo])
  return isLong
}
