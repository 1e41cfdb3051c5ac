import { Suspense, useEffect, useState, useSyncExternalStore } from 'react'
import type { LinkView, OpenedLink } from '../../peer/index.ts'
import { isUnderWay, type DownloadView } from '../downloads/downloads.ts'
import { sayBytesOf } from '../words/figures.ts'
import { kindOf } from '../files/kind.ts'
import type { ReceivedLink } from '../fragment.ts'
import { transfersOf } from '../transfers/transfers.ts'
import { Bar } from '../parts/bar.tsx'
import { Icon, State } from '../parts/icon.tsx'
import { Mark } from '../parts/mark.tsx'
import { Meter } from '../parts/meter.tsx'
import { Name } from '../parts/name.tsx'
import { ElsewhereLine, StatusLine } from '../parts/status-line.tsx'
import { Toaster } from '../parts/toaster.tsx'
import { Trouble } from '../parts/trouble.tsx'
import { useScreen, useDownloads, useShell } from '../shell.tsx'
import { sayExplanation } from '../words/row-words.ts'
import { sayTrouble, type Sentences } from '../words/words.ts'
import { partsWords } from '../words/parts-words.ts'
import { app, sayTitle } from '../words/shell-words.ts'
import { sayTransfer, sayTransferDeed, transferWords } from '../words/transfer-words.ts'
import {
  linkWords,
  sayKind,
  sayLinkError,
  addressesLine,
  fileForYou,
  lookingForKeepers,
  lookingForName,
  storesLine,
  storeYourOwn,
} from '../words/link-words.ts'

interface Properties {
  /** Undefined when the address has no key and this tab remembers none. */
  readonly link: ReceivedLink | undefined
  readonly onLink: (text: string) => void
}

/** The page of a received link: one card, one button, nothing to install. */
export function LinkPage({ link, onLink }: Properties) {
  useEffect(() => {
    document.title = sayTitle(fileForYou)
  }, [])
  return (
    <div className="alone">
      <header>
        <a className="brand" href="/files" aria-label={app}>
          <Mark />
          <span>{app}</span>
        </a>
        <StatusLine />
        <ElsewhereLine />
      </header>
      {link === undefined ? <OpenAgain onLink={onLink} /> : <Parcel key={link.text} link={link} onLink={onLink} />}
      <footer className="soft small">
        {storesLine} <a href="/files">{storeYourOwn}</a>
      </footer>
      <div className="dock">
        <Toaster />
      </div>
    </div>
  )
}

function Parcel({ link, onLink }: { readonly link: ReceivedLink; readonly onLink: (text: string) => void }) {
  const { stage, trouble, missing } = useScreen()
  const { downloads, clock, onEveryScreen } = useShell()
  const [key] = useState(() => `link ${clock.now()}`)
  const { opened, view, failure } = useOpenedLink(link.text)
  const download = useDownloads().find((one) => one.key === key)
  const problem = stage === 'failed' ? trouble : (failure ?? failureOf(view))
  const isBarred = problem !== undefined || stage === 'failed'
  const name = view?.name ?? (!isBarred ? fileForYou : linkWords.noFile)
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
        <Icon name={kind} />
      </span>
      <div className="who">
        <h1>
          <Name of={name} />
        </h1>
        {!isBarred && <p className="soft num">{view?.size === undefined ? lookingForName : sayKind(view.size, kind)}</p>}
      </div>
      {!isBarred && (
        <div className="line">
          <State
            word={view?.status ?? 'Waiting for people'}
            explanation={view === undefined || view.is === 'opening' ? lookingForKeepers : sayExplanation(view.explanation, view.meter)}
          />
          {view !== undefined && view.meter.max > 0 && <Meter name={name} meter={view.meter} status={view.status} />}
        </div>
      )}
      {missing.length > 0 && (
        <Suspense>
          <onEveryScreen.Missing />
        </Suspense>
      )}
      {!isBarred && (
        <div className="deed">
          {download !== undefined && download.state !== 'cancelled' && <Fetching download={download} status={view?.status} />}
          {!isBusy && (
            <button type="button" className="button main large" onClick={start}>
              <Icon name="download" />
              {download?.state === 'failed' ? linkWords.downloadAgain : partsWords.download}
            </button>
          )}
        </div>
      )}
      {problem !== undefined && <Trouble sentences={problem} />}
      {failure !== undefined && <PasteLink onLink={onLink} />}
      <div className="notes">
        <p className="note">
          <Icon name="people" />
          <span>{addressesLine}</span>
        </p>
        {!isBarred && (
          <p className="note">
            <Icon name="lock" />
            <span>{linkWords.key}</span>
          </p>
        )}
        {link.isSeenByHost && (
          <p className="note">
            <Icon name="note" />
            <span>{linkWords.seenByHost}</span>
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
          label={sayTransfer(transferWords.fetching, download.name)}
          done={download.doneBytes}
          total={download.size}
          text={sayBytesOf(download.doneBytes, download.size)}
        />
      )}
      <div className="pair">
        <p className="soft small" aria-live="polite">
          {isWaiting ? linkWords.waiting : line?.says}
        </p>
        {isUnderWay(download) && (
          <button
            type="button"
            className="button plain"
            aria-label={sayTransferDeed.cancel(transferWords.fetching, download.name)}
            onClick={() => downloads.cancel(download.key)}
          >
            {partsWords.cancel}
          </button>
        )}
      </div>
      {download.trouble !== undefined && <Trouble sentences={download.trouble} />}
    </div>
  )
}

function OpenAgain({ onLink }: { readonly onLink: (text: string) => void }) {
  return (
    <main className="card parcel">
      <span className="kind">
        <Icon name="lock" />
      </span>
      <div className="who">
        <h1>{linkWords.openAgainTitle}</h1>
        <p className="soft">{linkWords.openAgain}</p>
      </div>
      <PasteLink onLink={onLink} />
    </main>
  )
}

/** The field for a link that a program on the way broke; the whole text of the message will do. */
function PasteLink({ onLink }: { readonly onLink: (text: string) => void }) {
  const [text, setText] = useState('')
  return (
    <form
      className="copyline"
      onSubmit={(event) => {
        event.preventDefault()
        onLink(text)
      }}
    >
      <input
        className="field"
        aria-label={linkWords.wholeLink}
        placeholder={linkWords.paste}
        spellCheck={false}
        autoCapitalize="none"
        autoComplete="off"
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <button type="submit" className="button" disabled={text.trim() === ''}>
        {linkWords.open}
      </button>
    </form>
  )
}

/** Opens the link as soon as there is a peer, and closes it with the page. */
function useOpenedLink(text: string) {
  const { model } = useShell()
  const [failure, setFailure] = useState<Sentences>()
  const [link, setLink] = useState<OpenedLink>()
  const [opening] = useState(createOpening)
  useEffect(() => {
    let closed = false
    let mine: OpenedLink | undefined
    model.peer
      .then((peer) => {
        if (closed) return
        mine = peer.openLink(text)
        opening.resolve(mine)
        setLink(mine)
      })
      .catch((error: unknown) => {
        opening.reject(error)
        setFailure(sayLinkError(error))
      })
    return () => {
      closed = true
      mine?.close()
    }
  }, [model, text, opening])
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

/** Returns a promise of the opened link, for which a press on Download waits if it comes before the peer. */
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
