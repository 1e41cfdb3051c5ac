import { useState } from 'react'
import { isSteady } from '../../core/healing/steadiness.ts'
import type { FileView } from '../../peer/index.ts'
import { askToFree, fileWords, sayCopyLeaves, sayFree, sayNotNow } from '../words/file-words.ts'
import { sayBytes } from '../words/figures.ts'
import { useNotices, useShell, type Shell } from '../shell.tsx'

/** Time for which freeing can be undone, milliseconds: the copy stays until then, or until its message is closed. */
export const freeAfterMs = 30_000

interface Properties {
  readonly file: FileView
  /** Called when the message with the way back is up: a sheet that covers it must close. */
  readonly onFreed: () => void
}

/** Frees the copy on this device after a question, once the time to undo is over, and only while the pieces of the grade are here. */
export function FreeCopy({ file, onFreed }: Properties) {
  const shell = useShell()
  const isFreeing = useNotices().some(({ about }) => about === aboutFreeing(file))
  const [isAsking, setIsAsking] = useState(false)
  if (!file.hasLocalCopy || !['Fragile', 'Protected', 'Strong'].includes(file.status) || isFreeing) return null
  const size = sayBytes(file.pack?.bytes ?? file.size)
  return (
    <div className="pair wrap">
      <div className="grows">
        <b className="strong">{fileWords.copyIsHere}</b>
        <p className="soft small" aria-live="polite">
          {isAsking ? askToFree(file) : mayFree(file) ? fileWords.leavesPieces : sayNotNow(file)}
        </p>
      </div>
      {isAsking ? (
        <div className="actions">
          <button type="button" className="button" onClick={() => setIsAsking(false)}>
            {fileWords.keepCopy}
          </button>
          <button
            type="button"
            className="button danger"
            disabled={!mayFree(file)}
            onClick={() => {
              setIsAsking(false)
              freeLater(shell, file)
              onFreed()
            }}
          >
            {sayFree.sure(size)}
          </button>
        </div>
      ) : (
        <button type="button" className="button" disabled={!mayFree(file)} onClick={() => setIsAsking(true)}>
          {sayFree.ask(size)}
        </button>
      )}
    </div>
  )
}

/** Says that the copy goes, with a way back. It goes when the message is closed or its time is over, and stays if the page ends before. */
export function freeLater({ model, notices }: Pick<Shell, 'model' | 'notices'>, file: FileView): void {
  let isUndone = false
  notices.show(
    {
      about: aboutFreeing(file),
      what: sayCopyLeaves(file.name),
      more: fileWords.piecesStay,
      isUrgent: false,
      action: { name: fileWords.undo, act: () => (isUndone = true) },
      onClose: () => {
        if (!isUndone) model.ask((peer) => peer.freeCopy(file.id))
      },
    },
    { forMs: freeAfterMs },
  )
}

/** Tells whether the people who are here now can bring the file back as surely as its grade says, and are here often enough. */
export function mayFree({ health: { here, wanted, steadiness, isChecking } }: FileView): boolean {
  return !isChecking && wanted > 0 && here >= wanted && isSteady(steadiness)
}

function aboutFreeing(file: FileView): string {
  return `free ${file.pack?.id ?? file.id}`
}
