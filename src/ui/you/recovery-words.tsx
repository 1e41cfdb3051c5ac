import { useState } from 'react'
import { Icon } from '../parts/icon.tsx'
import { Trouble } from '../parts/trouble.tsx'
import { useScreen, useShell } from '../shell.tsx'
import { sayError, type Sentences } from '../words/words.ts'
import { youWords } from '../words/you-words.ts'

/** The twelve words, hidden until asked for. */
export function RecoveryWords() {
  const { model, notices } = useShell()
  const { stage } = useScreen()
  const [words, setWords] = useState<string>()
  const [failure, setFailure] = useState<Sentences>()
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
          <h2>{youWords.words}</h2>
          <p className="soft">{youWords.master}</p>
        </div>
        <button
          type="button"
          className="button"
          aria-expanded={words !== undefined}
          disabled={stage !== 'running'}
          onClick={() => (words === undefined ? void show() : setWords(undefined))}
        >
          {words === undefined ? youWords.show : youWords.hide}
        </button>
      </div>
      {failure !== undefined && <Trouble sentences={failure} />}
      {words !== undefined && (
        <>
          <ol className="words" aria-label={youWords.words}>
            {words.split(' ').map((word, at) => (
              // a word may come twice, so its place is its key
              // oxlint-disable-next-line react/no-array-index-key
              <li key={at}>{word}</li>
            ))}
          </ol>
          <div className="actions">
            <button type="button" className="button main" onClick={() => saveText(words)}>
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
          <p className="soft small">{youWords.notYet}</p>
        </>
      )}
    </section>
  )
}

function saveText(words: string) {
  const text = `${youWords.fileTitle}\n\n${words}\n\n${youWords.inFile}\n`
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }))
  const link = document.createElement('a')
  link.href = url
  link.download = 'scatterhoard-recovery-words.txt'
  link.click()
  window.addEventListener('pagehide', () => URL.revokeObjectURL(url), { once: true })
}
