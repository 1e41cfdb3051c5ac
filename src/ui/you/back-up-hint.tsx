import { Link } from 'wouter'
import { useScreen } from '../shell.tsx'
import { backUpWords, isWorthBackingUp } from '../words/back-up-words.ts'

/** Asks gently for the recovery words to be kept somewhere else, once people keep a file and until three words are confirmed. */
export function BackUpHint() {
  const { peer } = useScreen()
  if (peer.words?.isConfirmed !== false || !isWorthBackingUp(peer.files)) return null
  return (
    <aside className="card" aria-label={backUpWords.notBackedUp}>
      <div className="pair wrap">
        <div className="grows">
          <b className="strong">
            {backUpWords.notBackedUp}. {backUpWords.ask}
          </b>
          <p className="soft small">{backUpWords.askMore}</p>
        </div>
        <Link className="button" href="/you">
          {backUpWords.toWords}
        </Link>
      </div>
    </aside>
  )
}
