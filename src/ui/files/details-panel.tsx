import { useEffect, useId, useState } from 'react'
import { outlookOf, type Outlook } from '../../core/healing/outlook.ts'
import type { FileView, HolderView } from '../../peer/index.ts'
import { sayBytes, sayDay } from '../words/figures.ts'
import { Icon, State } from '../parts/icon.tsx'
import { Meter, MeterKey } from '../parts/meter.tsx'
import { Name } from '../parts/name.tsx'
import { CloseButton, Sheet } from '../parts/sheet.tsx'
import { Trouble } from '../parts/trouble.tsx'
import { useScreen, useShell } from '../shell.tsx'
import { factsOf, healthSentence } from '../words/fact-words.ts'
import { fileWords, sayAdded, sayDeed, sayKeptUntil, sayPacked } from '../words/file-words.ts'
import { partsWords } from '../words/parts-words.ts'
import { sayRow } from '../words/row-words.ts'
import { sayTrouble } from '../words/words.ts'
import type { RowActions } from './file-row.tsx'
import { FreeCopy } from './free-copy.tsx'
import { KeepersTable } from './keepers-table.tsx'
import { kindOf } from './kind.ts'
import { VersionsList } from './versions-list.tsx'

interface Properties extends RowActions {
  readonly file: FileView
  readonly onClose: () => void
}

/** The panel about one file: its actions, its health with the reasons, and the people who keep it. */
export function DetailsPanel({ file, onClose, ...actions }: Properties) {
  const title = useId()
  const { clock, model } = useShell()
  const { keepers, outlook } = useEvidence(file)
  const now = clock.now()
  const { explanation, meter } = file
  return (
    <Sheet kind="panel" labelledBy={title} onClose={onClose}>
      <div className="panel-in">
        <div className="panel-head">
          <span className="kind">
            <Icon name={kindOf(file.type, file.name)} />
          </span>
          <div>
            <h2 id={title}>
              <Name of={file.name} />
            </h2>
            <p className="soft small num">{sayAdded(sayBytes(file.size), sayDay(file.addedAt, now))}</p>
          </div>
          <CloseButton onClose={onClose} />
        </div>
        <div className="actions">
          {file.canDownload && (
            <button type="button" className="button main" aria-label={sayDeed.download(file.name)} onClick={() => actions.onDownload(file)}>
              <Icon name="download" />
              {partsWords.download}
            </button>
          )}
          {file.canShare && (
            <button type="button" className="button" aria-label={sayDeed.share(file.name)} onClick={() => actions.onShare(file)}>
              <Icon name="share" />
              {fileWords.share}
            </button>
          )}
          {file.isPaused && (
            <button
              type="button"
              className="button"
              aria-label={sayDeed.resume(file.name)}
              onClick={() => model.ask((peer) => peer.resume(file.id))}
            >
              <Icon name="resume" />
              {fileWords.resume}
            </button>
          )}
          {canRetry(file) && (
            <button
              type="button"
              className="button"
              aria-label={sayDeed.tryAgain(file.name)}
              onClick={() => model.ask((peer) => peer.retry(file.id))}
            >
              <Icon name="again" />
              {partsWords.tryAgain}
            </button>
          )}
          <button
            type="button"
            className="button plain danger"
            aria-label={sayDeed.delete(file.name)}
            onClick={() => actions.onDelete(file)}
          >
            <Icon name="bin" />
            {fileWords.delete}
          </button>
        </div>
        {explanation.is === 'trouble' && <Trouble sentences={sayTrouble(explanation.trouble)} />}
        <div className="health">
          <State word={file.status} explanation={sayRow(file)} />
          {meter.max > 0 && (
            <>
              <p className="says">{healthSentence(file)}</p>
              <Meter name={file.name} meter={meter} status={file.status} size="big" />
              <MeterKey meter={meter} />
            </>
          )}
        </div>
        {keepers.length > 0 && (
          <dl className="facts">
            {factsOf(file, outlook, now).map((fact) => (
              <div key={fact.term}>
                <dt>{fact.term}</dt>
                <dd>
                  <b>{fact.strong}</b>
                  {fact.rest}
                </dd>
              </div>
            ))}
          </dl>
        )}
        {file.keptUntil !== undefined && <p className="soft small">{sayKeptUntil(file.keptUntil, now)}</p>}
        <FreeCopy file={file} onFreed={onClose} />
        {file.pack !== undefined && <p className="soft small">{sayPacked(file.pack.files)}</p>}
        <VersionsList file={file} />
        <KeepersTable name={file.name} keepers={keepers} now={now} />
      </div>
    </Sheet>
  )
}

/** What the peer tells of one file beside its row. */
interface FileEvidence {
  readonly keepers: readonly HolderView[]
  readonly outlook: Outlook | undefined
}

/** Asks the peer who keeps the file, and what may be expected of it, whenever its row or the people have changed. */
function useEvidence(file: FileView): FileEvidence {
  const { model } = useShell()
  const { peer } = useScreen()
  const [evidence, setEvidence] = useState<FileEvidence>({ keepers: [], outlook: undefined })
  useEffect(() => {
    let isCurrent = true
    model.peer
      .then(
        async (running) => {
          const [keepers, counted] = await Promise.all([running.keepers(file.id), running.counted(file.id)])
          if (isCurrent) setEvidence({ keepers, outlook: outlookOf(counted, file.meter.needed) })
        },
        () => undefined,
      )
      .catch(() => undefined)
    return () => {
      isCurrent = false
    }
  }, [model, file, peer.people])
  return evidence
}

function canRetry(file: FileView): boolean {
  return file.explanation.is === 'trouble' || file.explanation.is === 'queued' || file.status === 'Waiting for people'
}
