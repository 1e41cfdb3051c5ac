import { useState, useSyncExternalStore } from 'react'
import { sayBytesOf } from '../words/figures.ts'
import { sayTransfer, sayTransferDeed, transferWords } from '../words/transfer-words.ts'
import { Bar } from '../parts/bar.tsx'
import { Icon } from '../parts/icon.tsx'
import { Name } from '../parts/name.tsx'
import { useScreen, useDownloads, useShell } from '../shell.tsx'
import { Tool } from '../files/file-row.tsx'
import { sumOf, transfersOf, type Transfer } from './transfers.ts'

/** The transfers under way, bottom right; on phones one line above the tabs. */
export function TransfersTray() {
  const { peer } = useScreen()
  const transfers = transfersOf(peer.files, useDownloads())
  const isRoomy = useSyncExternalStore(watchRoom, hasRoom)
  const [chosen, setChosen] = useState<boolean>()
  const isOpen = chosen ?? isRoomy
  if (transfers.length === 0) return null
  return (
    <details
      className="tray"
      open={isOpen}
      onToggle={({ currentTarget }) => currentTarget.open !== isOpen && setChosen(currentTarget.open)}
    >
      <summary>
        <b>{transferWords.title}</b>
        <span className="soft num">{sumOf(transfers)}</span>
        <Icon name="chevron" />
      </summary>
      <ul>
        {transfers.map((transfer) => (
          <Line key={transfer.key} transfer={transfer} />
        ))}
      </ul>
    </details>
  )
}

const room = '(width >= 46rem) and (height >= 30rem)'

function hasRoom(): boolean {
  return window.matchMedia(room).matches
}

/** Watches the size of the window: one that is turned or made small shows the one line again, unless the person has chosen. */
function watchRoom(listener: () => void): () => void {
  const query = window.matchMedia(room)
  query.addEventListener('change', listener)
  return () => query.removeEventListener('change', listener)
}

function Line({ transfer }: { readonly transfer: Transfer }) {
  const { model, downloads } = useShell()
  const { name, verb, fileId, key, state } = transfer
  const act = (of: 'pause' | 'resume' | 'cancel') => {
    const file = model.snapshot().peer.files.find(({ id }) => id === fileId)
    if (fileId === undefined) downloads[of](key)
    else if (of === 'cancel' && file !== undefined) model.cancel(file)
    else model.ask((peer) => peer[of](fileId))
  }
  return (
    <li>
      <div>
        <b title={name}>
          <Name of={name} />
        </b>
        {state !== 'done' && state !== 'failed' && (
          <Bar
            label={sayTransfer(verb, name)}
            done={transfer.done}
            total={transfer.total}
            text={sayBytesOf(transfer.done, transfer.total)}
          />
        )}
        <span className="soft small">{transfer.says}</span>
        {transfer.trouble !== undefined && (
          <span className="soft small">
            {transfer.trouble.means} {transfer.trouble.then}
          </span>
        )}
      </div>
      <div className="tools">
        {state === 'running' && <Tool name={sayTransferDeed.pause(verb, name)} icon="pause" onPress={() => act('pause')} />}
        {state === 'paused' && <Tool name={sayTransferDeed.resume(verb, name)} icon="resume" onPress={() => act('resume')} />}
        {(state === 'running' || state === 'paused') && (
          <Tool name={sayTransferDeed.cancel(verb, name)} icon="close" onPress={() => act('cancel')} />
        )}
        {(state === 'done' || state === 'failed') && (
          <Tool name={sayTransferDeed.clear(name)} icon="close" onPress={() => downloads.forget(key)} />
        )}
      </div>
    </li>
  )
}
