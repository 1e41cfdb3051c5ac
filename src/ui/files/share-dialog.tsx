import { useEffect, useId, useRef, useState } from 'react'
import type { FileView } from '../../peer/index.ts'
import { Icon } from '../parts/icon.tsx'
import { Name } from '../parts/name.tsx'
import { CloseButton, Sheet } from '../parts/sheet.tsx'
import { Trouble } from '../parts/trouble.tsx'
import { useScreen, useShell } from '../shell.tsx'
import type { Sentences } from '../words/words.ts'
import { partsWords } from '../words/parts-words.ts'
import { sayLinkEnded, sayLinkUntil, sayShareError, shareWords } from '../words/share-words.ts'

type Making = { readonly is: 'making' } | { readonly is: 'made'; readonly url: string } | { readonly is: 'failed'; readonly why: Sentences }

/** The dialog that makes the link of a file when it opens, and can end it. */
export function ShareDialog({ file, onClose }: { readonly file: FileView; readonly onClose: () => void }) {
  const title = useId()
  const { model, notices, clock } = useShell()
  const [making, setMaking] = useState<Making>({ is: 'making' })
  const [isCopied, setIsCopied] = useState(false)
  const [attempt, setAttempt] = useState(0)
  const field = useRef<HTMLInputElement>(null)

  useEffect(() => {
    let isCurrent = true
    const make = async () => {
      try {
        const path = await (await model.peer).share(file.id)
        if (isCurrent) setMaking({ is: 'made', url: new URL(path, window.location.origin).href })
      } catch (error) {
        if (isCurrent) setMaking({ is: 'failed', why: sayShareError(error) })
      }
    }
    void make()
    return () => {
      isCurrent = false
    }
  }, [model, file.id, attempt])

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(field.current?.value ?? '')
    } catch {
      // pages without https have no clipboard API; this older way still works from a press
      field.current?.select()
      document.execCommand('copy')
    }
    setIsCopied(true)
    void clock.wait(2_500).then(() => setIsCopied(false))
  }
  const isAlone = useScreen().peer.connection.people === 0
  /** Closes the dialog and gives up a link that is still being made, so that no file becomes shared unseen. */
  const leave = () => {
    if (making.is === 'making' && file.linkPath === undefined) model.ask((peer) => peer.stopSharing(file.id))
    onClose()
  }
  const stop = () => {
    model.ask(async (peer) => {
      await peer.stopSharing(file.id)
      notices.show({ what: shareWords.stopped, more: sayLinkEnded(file.name), isUrgent: false }, { forMs: 6_000 })
    })
    onClose()
  }

  return (
    <Sheet kind="dialog" labelledBy={title} onClose={leave}>
      <div className="close">
        <CloseButton onClose={leave} />
      </div>
      <h2 id={title}>
        {shareWords.share} <Name of={file.name} />
      </h2>
      <p className="soft">{shareWords.anyone}</p>
      {making.is === 'failed' ? (
        <>
          <Trouble sentences={making.why} />
          <button
            type="button"
            className="button main"
            onClick={() => {
              setMaking({ is: 'making' })
              setAttempt(attempt + 1)
            }}
          >
            {partsWords.tryAgain}
          </button>
        </>
      ) : (
        <div className="copyline">
          <input
            ref={field}
            className="field"
            readOnly
            aria-label={shareWords.link}
            aria-busy={making.is === 'making'}
            value={making.is === 'made' ? making.url : ''}
            placeholder={shareWords.uploading}
            onFocus={(event) => event.currentTarget.select()}
          />
          <button type="button" className="button main" disabled={making.is === 'making'} onClick={() => void copy()}>
            <Icon name="copy" />
            {shareWords.copyLink}
          </button>
        </div>
      )}
      {making.is === 'making' && (
        <div className="pair wrap">
          <p className="grows soft small" aria-live="polite">
            {isAlone ? shareWords.alone : shareWords.taking}
          </p>
          <button type="button" className="button" onClick={leave}>
            {partsWords.cancel}
          </button>
        </div>
      )}
      <p className="unseen" aria-live="polite">
        {isCopied ? shareWords.isCopied : ''}
      </p>
      {isCopied && <p className="copied small">{shareWords.copied}</p>}
      <p className="note">
        <Icon name="lock" />
        <span>{shareWords.key}</span>
      </p>
      {making.is === 'made' && (
        <>
          <hr className="split" />
          <div className="pair wrap">
            <div className="grows">
              <b>{shareWords.anyoneCan}</b>
              <p className="soft small">
                {file.linkUntil !== undefined && `${sayLinkUntil(file.linkUntil)} `}
                {shareWords.stopping}
              </p>
            </div>
            <button type="button" className="button danger" onClick={stop}>
              {shareWords.stop}
            </button>
          </div>
        </>
      )}
    </Sheet>
  )
}
