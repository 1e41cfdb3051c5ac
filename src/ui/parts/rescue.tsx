import { useState } from 'react'
import { sayDamage, type Rescue } from '../words/rescue-words.ts'
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
    <section aria-label="Damaged data">
      <Trouble sentences={sayDamage(damage)} />
      {failure !== undefined && <Trouble sentences={failure} />}
      {isSure ? (
        <>
          <p className="loss">
            Your keys, your list of files and the pieces you keep for others are deleted from this browser. This cannot be undone.
          </p>
          <div className="actions">
            <button type="button" className="button danger" disabled={isAtWork} onClick={() => void go(() => rescue.forget())}>
              {isAtWork ? 'Forgetting' : 'Forget everything here'}
            </button>
            <button type="button" className="button" disabled={isAtWork} onClick={() => setIsSure(false)}>
              Keep it
            </button>
          </div>
        </>
      ) : (
        <div className="actions">
          <button type="button" className="button" disabled={isAtWork} onClick={() => window.location.reload()}>
            Look again
          </button>
          {damage === 'incomplete' && (
            <button type="button" className="button" disabled={isAtWork} onClick={() => void go(() => rescue.salvage())}>
              {isAtWork ? 'Reading' : 'Go on with what can be read'}
            </button>
          )}
          <button type="button" className="button" disabled={isAtWork} onClick={() => setIsSure(true)}>
            Forget this device
          </button>
        </div>
      )}
    </section>
  )
}
