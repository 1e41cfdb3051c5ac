import type { Sentences } from '../words/words.ts'
import { Icon } from './icon.tsx'

/** A failure where it happened: what, what it means, what to do. */
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
