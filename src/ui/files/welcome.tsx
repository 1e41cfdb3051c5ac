import type { PeerSnapshot } from '../../peer/index.ts'
import { sayPrice } from '../words/words.ts'
import { AddFiles, AddFolder } from './add-buttons.tsx'
import { Scatter } from './scatter.tsx'

/** The first visit: one place to drop a file, three plain promises. */
export function Welcome({ isOver, price }: { readonly isOver: boolean; readonly price: PeerSnapshot['price'] }) {
  return (
    <>
      <section className="drop" aria-label="Drop files here" data-over={isOver || undefined}>
        <Scatter />
        <h2>
          Many keep it.
          <br />
          Only you open it.
        </h2>
        <p>Drop a file here. It is encrypted here, then kept in pieces by other people. A few pieces are enough to get it back.</p>
        <div className="actions">
          <AddFiles size="large" />
          <AddFolder size="large" />
        </div>
        <p className="small price">{sayPrice(price)}</p>
      </section>
      <ul className="promises">
        <li>
          <b>Nobody else can read it</b>
          <span className="soft small">The key stays on this device. The people who keep your pieces cannot read them.</span>
        </li>
        <li>
          <b>Nothing to sign up for</b>
          <span className="soft small">No account and no company. Drop a file to start.</span>
        </li>
        <li>
          <b>Share it with a link</b>
          <span className="soft small">A link opens in any browser, even while this device is off. Only the link has the key.</span>
        </li>
      </ul>
    </>
  )
}
