import { useState } from 'react'
import { rescueWords, sayDamage, type Rescue } from '../words/rescue-words.ts'
import { sayError, type Sentences } from '../words/words.ts'
import { Trouble } from './trouble.tsx'

/** Says that this browser's catalog cannot be trusted, and lets the person choose; changes nothing before that. */
export function RescueChoices({ rescue }: { readonly rescue: Rescue }) {
  const { damage } = rescue
  const [isSure, setIsSure] = useState(false)
  const [isAtWork, setIsAtWork] = useState(false)
  const [failure, setFailure] = useState<Sentences>()
  const go = async (work: () => Promise<void>): Promise<void> => {
    setIsAtWork(true)
    try {
      await work()
      window.location.reload()
    } catch (error) {
      setFailure(sayError(error))
      setIsAtWork(false)
    }
  }
  return (
    <section aria-label={rescueWords.title}>
      <Trouble sentences={sayDamage(damage)} />
      {failure !== undefined && <Trouble sentences={failure} />}
      {isSure ? (
        <>
          <p className="loss">{rescueWords.loss}</p>
          <div className="actions">
            <button type="button" className="button danger" disabled={isAtWork} onClick={() => void go(() => rescue.forget())}>
              {isAtWork ? rescueWords.forgetting : rescueWords.forgetAll}
            </button>
            <button type="button" className="button" disabled={isAtWork} onClick={() => setIsSure(false)}>
              {rescueWords.keepIt}
            </button>
          </div>
        </>
      ) : (
        <div className="actions">
          <button type="button" className="button" disabled={isAtWork} onClick={() => window.location.reload()}>
            {rescueWords.lookAgain}
          </button>
          {damage === 'incomplete' && (
            <button type="button" className="button" disabled={isAtWork} onClick={() => void go(() => rescue.salvage())}>
              {isAtWork ? rescueWords.reading : rescueWords.goOn}
            </button>
          )}
          <button type="button" className="button" disabled={isAtWork} onClick={() => setIsSure(true)}>
            {rescueWords.forget}
          </button>
        </div>
      )}
    </section>
  )
}
