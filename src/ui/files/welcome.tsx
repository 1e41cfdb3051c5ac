import type { PeerSnapshot } from '../../peer/index.ts'
import { dropHere } from '../words/shell-words.ts'
import { sayPrice } from '../words/words.ts'
import { AddFiles, AddFolder } from './add-buttons.tsx'
import { Scatter } from './scatter.tsx'
import * as welcomeWords from '../words/welcome-words.ts'

/** The first visit: one place to drop a file, and three promises. */
export function Welcome({
  isOver,
  price,
  onRestore,
}: {
  readonly isOver: boolean
  readonly price: PeerSnapshot['price']
  readonly onRestore: () => void
}) {
  return (
    <>
      <section className="drop" aria-label={dropHere} data-over={isOver || undefined}>
        <Scatter />
        <h2>
          {welcomeWords.many}
          <br />
          {welcomeWords.only}
        </h2>
        <p>{welcomeWords.drop}</p>
        <div className="actions">
          <AddFiles size="large" />
          <AddFolder size="large" />
        </div>
        <p className="small price">{sayPrice(price)}</p>
        <button type="button" className="button plain" onClick={onRestore}>
          {welcomeWords.haveWords}
        </button>
      </section>
      <ul className="promises">
        <li>
          <b>{welcomeWords.nobodyReads}</b>
          <span className="soft small">{welcomeWords.keyStays}</span>
        </li>
        <li>
          <b>{welcomeWords.noSignUp}</b>
          <span className="soft small">{welcomeWords.noAccount}</span>
        </li>
        <li>
          <b>{welcomeWords.share}</b>
          <span className="soft small">{welcomeWords.linkOpens}</span>
        </li>
      </ul>
    </>
  )
}
