import { useEffect, useId, useRef, useState, type FormEvent } from 'react'
import { Trouble } from '../parts/trouble.tsx'
import { useShell } from '../shell.tsx'
import { backUpWords, sayPlace, sayWrongPlaces } from '../words/back-up-words.ts'
import { sayError, type Sentences } from '../words/words.ts'
import { threePlaces } from './three-places.ts'

/** Asks for three of the words, and remembers on this device that the person has them. The words themselves are out of sight meanwhile. */
export function ConfirmWords({ words, onClose }: { readonly words: string; readonly onClose: () => void }) {
  const { model, clock, notices } = useShell()
  const title = useId()
  const first = useRef<HTMLInputElement>(null)
  useEffect(() => first.current?.focus(), [])
  const [all] = useState(() => words.split(' '))
  const [places] = useState(() => threePlaces(all.length, clock.now()))
  const [typed, setTyped] = useState<readonly string[]>(['', '', ''])
  const [wrong, setWrong] = useState<readonly number[]>([])
  const [failure, setFailure] = useState<Sentences>()
  const confirm = async (event: FormEvent) => {
    event.preventDefault()
    const missed = places.filter((place, at) => typed[at]?.trim().toLowerCase() !== all[place])
    setWrong(missed)
    setFailure(undefined)
    if (missed.length > 0) return
    try {
      await (await model.peer).noteWordsConfirmed()
      notices.show({ what: backUpWords.confirmed, more: backUpWords.keepThem, isUrgent: false }, { forMs: 6_000 })
      onClose()
    } catch (error) {
      setFailure(sayError(error))
    }
  }
  return (
    <form className="confirm" aria-labelledby={title} onSubmit={(event) => void confirm(event)}>
      <h3 id={title}>{backUpWords.threeOfThem}</h3>
      <div className="three">
        {places.map((place, at) => (
          <label key={place}>
            <span className="soft small">{sayPlace(place)}</span>
            <input
              className="field"
              ref={at === 0 ? first : undefined}
              autoComplete="off"
              autoCapitalize="none"
              spellCheck={false}
              maxLength={32}
              required
              aria-invalid={wrong.includes(place)}
              value={typed[at]}
              onChange={({ currentTarget: { value } }) => setTyped((before) => before.with(at, value))}
            />
          </label>
        ))}
      </div>
      <p className="loss" role="alert">
        {wrong.length > 0 && sayWrongPlaces(wrong)}
      </p>
      {failure !== undefined && <Trouble sentences={failure} />}
      <div className="actions">
        <button type="submit" className="button main">
          {backUpWords.confirm}
        </button>
        <button type="button" className="button" onClick={onClose}>
          {backUpWords.later}
        </button>
      </div>
    </form>
  )
}
