import { useId } from 'react'
import { Sheet } from '../parts/sheet.tsx'
import { treeWords } from '../words/tree-words.ts'

interface Properties {
  readonly question: string
  readonly means: string
  readonly onSure: () => void
  readonly onClose: () => void
}

/** Asks before something is deleted that cannot come back. */
export function SureDialog({ question, means, onSure, onClose }: Properties) {
  const title = useId()
  return (
    <Sheet kind="dialog" labelledBy={title} onClose={onClose}>
      <h2 id={title} className="moving">
        {question}
      </h2>
      <p className="soft">{means}</p>
      <div className="actions">
        <button type="button" className="button danger" onClick={onSure}>
          {treeWords.forGood}
        </button>
        <button type="button" className="button" onClick={onClose}>
          {treeWords.keep}
        </button>
      </div>
    </Sheet>
  )
}
