import { useEffect, useState, useSyncExternalStore } from 'react'
import type { LinkView, OpenedLink } from '../../peer/index.ts'
import { isUnderWay, type DownloadView } from '../download.ts'
import { sayBytes, sayBytesOf } from '../figures.ts'
import { kindOf } from '../files/kind.ts'
import { transfersOf } from '../files/transfers.ts'
import { Bar } from '../parts/bar.tsx'
import { Icon, State } from '../parts/icon.tsx'
import { Mark } from '../parts/mark.tsx'
import { Meter } from '../parts/meter.tsx'
import { ElsewhereLine, StatusLine } from '../parts/status-line.tsx'
import { Trouble } from '../parts/trouble.tsx'
import { useDesk, useDownloads, useShell } from '../shell.tsx'
import { sayError, sayExplanation, sayTrouble, type Sentences } from '../words.ts'

/** The page of a received link: one card, one button, nothing to install. `fragment` is undefined after a reload. */
export function LinkPage({ fragment }: { readonly fragment: string | undefined }) {
  useEffect(() => {
    document.title = 'A file for you - Scatterhoard'
  }, [])
  return (
    <div className="alone">
      <header>
        <a className="brand" href="/files" aria-label="Scatterhoard">
          <Mark />
          <span>Scatterhoard</span>
        </a>
        <StatusLine />
        <ElsewhereLine />
      </header>
      {fragment === undefined ? <OpenAgain /> : <Parcel key={fragment} fragment={fragment} />}
      <footer className="soft small">
        Scatterhoard keeps files in pieces with many people. <a href="/files">Keep your own</a>
      </footer>
    </div>
  )
}

function Parcel({ fragment }: { readonly fragment: string }) {
  const { stage, trouble } = useDesk()
  const { downloads, clock } = useShell()
  const [key] = useState(() => `link ${clock.now()}`)
  const { opened, view, failure } = useOpenedLink(fragment)
  const download = useDownloads().find((one) => one.key === key)
  const problem = stage === 'failed' ? trouble : (failure ?? failureOf(view))
  const name = view?.name ?? (problem === undefined ? 'A file for you' : 'This link opens no file')
  const kind = kindOf(view?.type ?? '', view?.name ?? '')
  const start = () =>
    downloads.start({
      key,
      name,
      ...(view?.size === undefined ? {} : { size: view.size }),
      open: async (signal) => (await opened).file({ signal }),
    })
  const isBusy = download !== undefined && isUnderWay(download)
  return (
    <main className="card parcel">
      <span className="kind">
        <Icon name={kind.icon} />
      </span>
      <div className="who">
        <h1>{name}</h1>
        {problem === undefined && (
          <p className="soft num">{view?.size === undefined ? 'Looking for its name and size' : `${sayBytes(view.size)}, ${kind.noun}`}</p>
        )}
      </div>
      {problem === undefined && view !== undefined && (
        <div className="line">
          <State
            word={view.status}
            explanation={view.is === 'opening' ? 'Looking for the people who keep it' : sayExplanation(view.explanation, view.meter)}
          />
          {view.meter.max > 0 && <Meter name={name} meter={view.meter} status={view.status} />}
        </div>
      )}
      {problem === undefined ? (
        <div className="deed">
          {download !== undefined && download.state !== 'cancelled' && <Fetching download={download} status={view?.status} />}
          {!isBusy && (
            <button type="button" className="button main large" onClick={start}>
              <Icon name="download" />
              {download?.state === 'failed' ? 'Download again' : 'Download'}
            </button>
          )}
        </div>
      ) : (
        <Trouble sentences={problem} />
      )}
      <div className="notes">
        <p className="note">
          <Icon name="people" />
          <span>The people who help you fetch this file can see your network address, as you can see theirs.</span>
        </p>
        {problem === undefined && (
          <p className="note">
            <Icon name="lock" />
            <span>
              Locked on the sender’s device. The key came with your link, so nobody in between can open it. It is unlocked in this tab.
            </span>
          </p>
        )}
      </div>
    </main>
  )
}

function Fetching({ download, status }: { readonly download: DownloadView; readonly status: LinkView['status'] | undefined }) {
  const { downloads } = useShell()
  const [line] = transfersOf([], [download])
  const isWaiting = isUnderWay(download) && download.bytesPerSecond < 1 && status === 'Waiting for people'
  return (
    <div className="fetching">
      {isUnderWay(download) && (
        <Bar
          label={`Fetching ${download.name}`}
          done={download.doneBytes}
          total={download.size}
          text={sayBytesOf(download.doneBytes, download.size)}
        />
      )}
      <div className="pair">
        <p className="soft small" aria-live="polite">
          {isWaiting ? 'Waiting for people. Keep this page open: it goes on by itself.' : line?.says}
        </p>
        {isUnderWay(download) && (
          <button
            type="button"
            className="button plain"
            aria-label={`Cancel fetching ${download.name}`}
            onClick={() => downloads.cancel(download.key)}
          >
            Cancel
          </button>
        )}
      </div>
      {download.trouble !== undefined && <Trouble sentences={download.trouble} />}
    </div>
  )
}

function OpenAgain() {
  return (
    <main className="card parcel">
      <span className="kind">
        <Icon name="lock" />
      </span>
      <div className="who">
        <h1>Open the link again</h1>
        <p className="soft">
          The key of this file was in the link, and this page keeps it nowhere, so a reload has lost it. Go back to the message with the
          link and press it once more.
        </p>
      </div>
    </main>
  )
}

/** Opens the link as soon as there is a peer, and closes it with the page. */
function useOpenedLink(fragment: string) {
  const { desk } = useShell()
  const [failure, setFailure] = useState<Sentences>()
  const [link, setLink] = useState<OpenedLink>()
  const [opening] = useState(createOpening)
  useEffect(() => {
    let closed = false
    let mine: OpenedLink | undefined
    desk.peer
      .then((peer) => {
        if (closed) return
        mine = peer.openLink(fragment)
        opening.resolve(mine)
        setLink(mine)
      })
      .catch((error: unknown) => {
        opening.reject(error)
        setFailure(sayError(error))
      })
    return () => {
      closed = true
      mine?.close()
    }
  }, [desk, fragment, opening])
  const view = useSyncExternalStore(
    (listener) => link?.watch(listener) ?? (() => undefined),
    () => link?.snapshot(),
  )
  return { opened: opening.promise, view, failure }
}

interface Opening {
  readonly promise: Promise<OpenedLink>
  readonly resolve: (link: OpenedLink) => void
  readonly reject: (error: unknown) => void
}

/** A press on Download may come before the peer: it waits for this. */
function createOpening(): Opening {
  let resolve: Opening['resolve'] = () => undefined
  let reject: Opening['reject'] = () => undefined
  const promise = new Promise<OpenedLink>((resolved, rejected) => {
    resolve = resolved
    reject = rejected
  })
  promise.catch(() => undefined)
  return { promise, resolve, reject }
}

function failureOf(view: LinkView | undefined): Sentences | undefined {
  if (view?.is !== 'failed') return undefined
  return view.explanation.is === 'trouble' ? sayTrouble(view.explanation.trouble) : sayTrouble({ code: 'link-expired', facts: {} })
}
