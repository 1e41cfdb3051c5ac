import { useRef, useState } from 'react'
import { Icon } from '../parts/icon.tsx'
import { Trouble } from '../parts/trouble.tsx'
import { useScreen, useShell } from '../shell.tsx'
import { backUpWords, isWorthBackingUp } from '../words/back-up-words.ts'
import { sayError, type Sentences } from '../words/words.ts'
import { youWords } from '../words/you-words.ts'
import { ConfirmWords } from './confirm-words.tsx'
import { PasswordForm } from './password-form.tsx'
import { kitText, WordsKit } from './words-kit.tsx'

/** The twelve words, hidden until asked for, and the ways to keep them somewhere else. */
export function RecoveryWords() {
  const { model, notices, clock } = useShell()
  const { stage, peer } = useScreen()
  const [words, setWords] = useState<string>()
  const [failure, setFailure] = useState<Sentences>()
  const [isConfirming, setIsConfirming] = useState(false)
  const [isSent, setIsSent] = useState(false)
  const isConfirmed = peer.words?.isConfirmed === true
  const isMissed = peer.words?.isConfirmed === false && isWorthBackingUp(peer.files)
  const shower = useRef<HTMLButtonElement>(null)
  /** The form goes, so the focus needs another place. */
  const endConfirming = () => {
    setIsConfirming(false)
    shower.current?.focus()
  }
  const show = async () => {
    setFailure(undefined)
    try {
      setWords(await (await model.peer).recoveryWords())
    } catch (error) {
      setFailure(sayError(error))
    }
  }
  const copy = async (text: string) => {
    try {
      await navigator.clipboard.writeText(text)
      notices.show({ what: youWords.copied, more: youWords.clear, isUrgent: false }, { forMs: 6_000 })
    } catch {
      notices.show({
        what: youWords.noCopy,
        more: youWords.writeDown,
        isUrgent: true,
      })
    }
  }
  return (
    <section className="card recovery" aria-label={youWords.yours}>
      <div className="top">
        <div className="grows">
          <h2>
            {youWords.words}
            {isMissed && <span className="badge">{backUpWords.notBackedUp}</span>}
          </h2>
          <p className="soft">{youWords.master}</p>
          {isConfirmed && <p className="soft">{backUpWords.isBackedUp}</p>}
        </div>
        <button
          type="button"
          ref={shower}
          className="button"
          aria-expanded={words !== undefined}
          disabled={stage !== 'running'}
          onClick={() => {
            setIsConfirming(false)
            setIsSent(false)
            if (words === undefined) void show()
            else setWords(undefined)
          }}
        >
          {words === undefined ? youWords.show : youWords.hide}
        </button>
      </div>
      {failure !== undefined && <Trouble sentences={failure} />}
      {words !== undefined && isConfirming && <ConfirmWords words={words} onClose={endConfirming} />}
      {words !== undefined && !isConfirming && (
        <>
          <ol className="words" aria-label={youWords.words}>
            {words.split(' ').map((word, at) => (
              // a word may come twice, so its place is its key
              // oxlint-disable-next-line react/no-array-index-key
              <li key={at}>{word}</li>
            ))}
          </ol>
          <div className="actions">
            {!isConfirmed && (
              <button type="button" className="button main" onClick={() => setIsConfirming(true)}>
                {backUpWords.haveThem}
              </button>
            )}
            <button
              type="button"
              className="button"
              onClick={() =>
                saveText(
                  kitText(
                    words,
                    peer.relays.map(({ address }) => address),
                    clock.now(),
                  ),
                )
              }
            >
              <Icon name="download" />
              {youWords.save}
            </button>
            <button type="button" className="button" onClick={() => window.print()}>
              <Icon name="print" />
              {youWords.print}
            </button>
            <button type="button" className="button plain" onClick={() => void copy(words)}>
              <Icon name="copy" />
              {youWords.copy}
            </button>
          </div>
          {!isSent && (
            <PasswordForm
              words={words}
              onSent={() => {
                setIsSent(true)
                shower.current?.focus()
              }}
            />
          )}
          <WordsKit words={words} />
        </>
      )}
    </section>
  )
}

function saveText(text: string) {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }))
  const link = document.createElement('a')
  link.href = url
  link.download = 'scatterhoard-recovery-words.txt'
  link.click()
  window.addEventListener('pagehide', () => URL.revokeObjectURL(url), { once: true })
}
