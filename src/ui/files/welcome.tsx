import type { PeerSnapshot } from '../../peer/index.ts'
import { sayPrice } from '../words.ts'
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
        <p>
          Drop a file here. It is locked on this device, then kept in pieces by people all over the place. Any few pieces bring it back.
        </p>
        <div className="actions">
          <AddFiles size="large" />
          <AddFolder size="large" />
        </div>
        <p className="small price">{sayPrice(price)}</p>
      </section>
      <ul className="promises">
        <li>
          <b>Nobody else can read it</b>
          <span className="soft small">The key never leaves this device, so the people who keep your pieces see only noise.</span>
        </li>
        <li>
          <b>Nothing to sign up for</b>
          <span className="soft small">No account, no company in the middle. Dropping a file is all it takes.</span>
        </li>
        <li>
          <b>Give it away with a link</b>
          <span className="soft small">It opens in any browser, also while this device is off. The key travels in the link alone.</span>
        </li>
      </ul>
    </>
  )
}
