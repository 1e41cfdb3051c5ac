import { useEffect, useState, type FormEvent } from 'react'
import { isRelayAddress, relayAddressExample } from '../../core/relay-address.ts'
import type { PeerSnapshot } from '../../peer/index.ts'
import { Trouble } from '../parts/trouble.tsx'
import { useShell } from '../shell.tsx'
import { sayLimitMet } from '../words/limit-words.ts'
import { sayTrouble, type Sentences } from '../words/words.ts'
import { noAddress, relayWords, sayRemove } from '../words/relay-words.ts'

const LONG_MS = 4_000

/** The relays, which introduce people, and a field to add one. */
export function Relays({ relays }: { readonly relays: PeerSnapshot['relays'] }) {
  const { model, notices } = useShell()
  const [address, setAddress] = useState('')
  const [isAdding, setIsAdding] = useState(false)
  const [failure, setFailure] = useState<Sentences>()
  const isAlone = useAlone(relays)

  const add = async () => {
    setFailure(isRelayAddress(address.trim()) ? undefined : noAddress)
    if (!isRelayAddress(address.trim())) return
    setIsAdding(true)
    try {
      await (await model.peer).addRelay(address.trim())
      setAddress('')
      notices.show({ what: relayWords.added, more: relayWords.remembered, isUrgent: false }, { forMs: 5_000 })
    } catch (error) {
      setFailure(sayLimitMet(error))
    } finally {
      setIsAdding(false)
    }
  }
  const remove = async (gone: string) => {
    try {
      await (await model.peer).removeRelay(gone)
      notices.show({ what: relayWords.removed, more: relayWords.notUsed, isUrgent: false }, { forMs: 5_000 })
    } catch (error) {
      setFailure(sayLimitMet(error))
    }
  }
  const onSubmit = (event: FormEvent) => {
    event.preventDefault()
    if (address.trim() !== '') void add()
  }

  return (
    <section className="card" aria-label={relayWords.title}>
      <h2>{relayWords.title}</h2>
      <p className="soft">{relayWords.what}</p>
      {relays.length === 0 ? (
        <p className="soft">{relayWords.none}</p>
      ) : (
        <ul className="relays">
          {relays.map((relay) => (
            <li key={relay.address}>
              <code>{relay.address}</code>
              <span className="soft small">
                {sayRelay(relay)}
                {relay.isAdded && relayWords.byYou}
              </span>
              {relay.isAdded && (
                <button
                  type="button"
                  className="button plain"
                  aria-label={sayRemove(relay.address)}
                  onClick={() => void remove(relay.address)}
                >
                  {relayWords.remove}
                </button>
              )}
            </li>
          ))}
        </ul>
      )}
      {isAlone && <Trouble sentences={sayTrouble({ code: 'relay-unreachable', facts: { relays: relays.length } })} />}
      <form className="copyline" onSubmit={onSubmit}>
        <input
          className="field"
          aria-label={relayWords.address}
          placeholder={relayAddressExample}
          spellCheck={false}
          autoCapitalize="none"
          autoComplete="off"
          value={address}
          onChange={(event) => setAddress(event.currentTarget.value)}
        />
        <button type="submit" className="button" disabled={isAdding || address.trim() === ''}>
          {isAdding ? relayWords.connecting : relayWords.add}
        </button>
      </form>
      {failure !== undefined && <Trouble sentences={failure} />}
    </section>
  )
}

/** Returns true once no relay has been connected for `LONG_MS`, because at a start none is connected yet. */
function useAlone(relays: PeerSnapshot['relays']): boolean {
  const { clock } = useShell()
  const isAlone = relays.length > 0 && relays.every((relay) => !relay.isConnected)
  const [isLong, setIsLong] = useState(false)
  useEffect(() => {
    if (!isAlone) return undefined
    const change = new AbortController()
    clock.wait(LONG_MS, { signal: change.signal }).then(
      () => setIsLong(true),
      () => undefined,
    )
    return () => {
      change.abort(new Error('it changed'))
      setIsLong(false)
    }
  }, [clock, isAlone])
  return isLong
}

/** Returns the state of a relay in words. */
function sayRelay({ address, isConnected, isSomebodyElse }: PeerSnapshot['relays'][number]): string {
  if (isConnected) return relayWords.connected
  if (!isRelayAddress(address)) return relayWords.noAddress
  return isSomebodyElse === true ? relayWords.another : relayWords.trying
}
