import { useEffect, useId, useState } from 'react'
import type { FileView, HolderView } from '../../peer/index.ts'
import { sayBytes, sayCount, sayDate, sayDay } from '../words/figures.ts'
import { Icon, State } from '../parts/icon.tsx'
import { Meter, MeterKey } from '../parts/meter.tsx'
import { Name } from '../parts/name.tsx'
import { CloseButton, Sheet } from '../parts/sheet.tsx'
import { Trouble } from '../parts/trouble.tsx'
import { useScreen, useShell } from '../shell.tsx'
import { sayRow, sayTrouble } from '../words/words.ts'
import { factsOf, healthSentence } from './facts.ts'
import type { RowActions } from './file-row.tsx'
import { FreeCopy } from './free-copy.tsx'
import { KeepersTable } from './keepers-table.tsx'
import { kindOf } from './kind.ts'

interface Properties extends RowActions {
  readonly file: FileView
  readonly onClose: () => void
}

/** The panel about one file: its actions, its health with the reasons, and the people who keep it. */
export function DetailsPanel({ file, onClose, ...actions }: Properties) {
  const title = useId()
  const { clock, model } = useShell()
  const keepers = useKeepers(file)
  const now = clock.now()
  const { explanation, meter } = file
  return (
    <Sheet kind="panel" labelledBy={title} onClose={onClose}>
      <div className="panel-in">
        <div className="panel-head">
          <span className="kind">
            <Icon name={kindOf(file.type, file.name).icon} />
          </span>
          <div>
            <h2 id={title}>
              <Name of={file.name} />
            </h2>
            <p className="soft small num">
              {sayBytes(file.size)}, added {sayDay(file.addedAt, now)}
            </p>
          </div>
          <CloseButton onClose={onClose} />
        </div>
        <div className="actions">
          {file.canDownload && (
            <button type="button" className="button main" aria-label={`Download ${file.name}`} onClick={() => actions.onDownload(file)}>
              <Icon name="download" />
              Download
            </button>
          )}
          {file.canShare && (
            <button type="button" className="button" aria-label={`Share ${file.name}`} onClick={() => actions.onShare(file)}>
              <Icon name="share" />
              Share
            </button>
          )}
          {file.isPaused && (
            <button
              type="button"
              className="button"
              aria-label={`Resume ${file.name}`}
              onClick={() => model.ask((peer) => peer.resume(file.id))}
            >
              <Icon name="resume" />
              Resume
            </button>
          )}
          {canRetry(file) && (
            <button
              type="button"
              className="button"
              aria-label={`Try again: ${file.name}`}
              onClick={() => model.ask((peer) => peer.retry(file.id))}
            >
              <Icon name="again" />
              Try again
            </button>
          )}
          <button type="button" className="button plain danger" aria-label={`Delete ${file.name}`} onClick={() => actions.onDelete(file)}>
            <Icon name="bin" />
            Delete
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
            {factsOf(file, keepers, now).map((fact) => (
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
        {file.keptUntil !== undefined && (
          <p className="soft small">People are asked to keep it until {sayDate(file.keptUntil)}. This version does not renew that.</p>
        )}
        <FreeCopy file={file} onFreed={onClose} />
        {file.pack !== undefined && (
          <p className="soft small">
            Packed with {sayCount(file.pack.files - 1, 'other small file')}. They are stored, paused and freed together. You can open, share
            and delete each one.
          </p>
        )}
        <KeepersTable name={file.name} keepers={keepers} now={now} />
      </div>
    </Sheet>
  )
}

/** Asks the peer for the keepers of the file whenever its row or the people have changed, one question at a time. */
function useKeepers(file: FileView): readonly HolderView[] {
  const { model } = useShell()
  const { peer } = useScreen()
  const [keepers, setKeepers] = useState<readonly HolderView[]>([])
  useEffect(() => {
    let isCurrent = true
    model.peer
      .then(
        async (running) => {
          const found = await running.keepers(file.id)
          if (isCurrent) setKeepers(found)
        },
        () => undefined,
      )
      .catch(() => undefined)
    return () => {
      isCurrent = false
    }
  }, [model, file, peer.people])
  return keepers
}

function canRetry(file: FileView): boolean {
  return file.explanation.is === 'trouble' || file.explanation.is === 'queued' || file.status === 'Waiting for people'
}
