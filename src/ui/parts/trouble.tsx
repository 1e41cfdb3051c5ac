import type { Sentences } from '../words/words.ts'
import { Icon } from './icon.tsx'

/** A failure in the place where it happened: what happened, what it means, what to do. */
export function Trouble({ sentences }: { readonly sentences: Sentences }) {
  return (
    <div className="trouble" role="alert">
      <Icon name="note" />
      <p>
        <b>{sentences.what}</b>
        <span>
          {sentences.means} {sentences.then}
        </span>
      </p>
    </div>
  )
}
