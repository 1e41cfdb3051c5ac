import { useId, useRef, useState, type FormEvent } from 'react'
import { readTypedWords, replaceTyped, type TypedWords } from '../../core/typed-words.ts'
import type { DeviceView } from '../../peer/api/device-view.ts'
import type { TroubleView } from '../../peer/api/file-view.ts'
import type { RestoreView } from '../../peer/api/restore-view.ts'
import '../look/restore.css'
import { CloseButton, Sheet } from '../parts/sheet.tsx'
import { Trouble } from '../parts/trouble.tsx'
import { sayDevice } from '../words/device-words.ts'
import {
  askDevices,
  restoreWords,
  sayAlong,
  sayFailed,
  sayFound,
  sayLooking,
  sayUnknown,
  sayUse,
  sayVerdict,
} from '../words/restore-words.ts'

interface Properties {
  /** Absent until restoring begins: the form stands. */
  readonly view: RestoreView | undefined
  /** Number of files that are here under other words. */
  readonly files: number
  /** The other devices of the list that was restored. */
  readonly devices: readonly DeviceView[]
  /** Unix milliseconds. */
  readonly now: number
  /** Takes words in their one form. */
  readonly onRestore: (words: string) => void
  /** Closes the dialog. Before `view` is 'done' this leaves the profile as it was. */
  readonly onCancel: () => void
  /** Ends it when it is done; `lost`: those of `devices` that the person says are lost. */
  readonly onSee: (lost: readonly DeviceView[]) => void
  /** Opens an empty list under these words, because the person says so. */
  readonly onEmpty: () => void
}

/** Takes recovery words and shows how restoring goes on. It never gives up by itself. */
export function RestoreDialog({ view, files, devices, now, onRestore, onCancel, onSee, onEmpty }: Properties) {
  const title = useId()
  return (
    <Sheet kind="dialog" labelledBy={title} onClose={onCancel}>
      <div className="close">
        <CloseButton onClose={onCancel} />
      </div>
      <h2 id={title}>{restoreWords.title}</h2>
      {view === undefined && <WordsForm files={files} onRestore={onRestore} />}
      {view?.is === 'failed' && <Failure trouble={view.trouble} onCancel={onCancel} />}
      {view?.is === 'done' && <Done devices={devices} now={now} onSee={onSee} />}
      {(view?.is === 'looking' || view?.is === 'found') && <Progress view={view} onCancel={onCancel} onEmpty={onEmpty} />}
    </Sheet>
  )
}

function WordsForm({ files, onRestore }: Pick<Properties, 'files' | 'onRestore'>) {
  const [text, setText] = useState('')
  /** The words that were judged last; what is typed after that is not marked until it is judged. */
  const [judged, setJudged] = useState<TypedWords>()
  const field = useRef<HTMLTextAreaElement>(null)
  const says = useId()
  const take = (value: string) => {
    setText(value)
    setJudged(undefined)
  }
  const judge = (value: string) => {
    const typed = readTypedWords(value)
    setText(value)
    setJudged(typed)
    return typed
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const typed = judge(text)
    if (typed.verdict === 'right') onRestore(replaceTyped(typed.words, -1, ''))
    else field.current?.focus()
  }
  return (
    <form className="restore" onSubmit={submit}>
      <label className="restore-field">
        <span>{restoreWords.words}</span>
        <textarea
          ref={field}
          className="field"
          rows={4}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          aria-describedby={says}
          aria-invalid={judged !== undefined && judged.verdict !== 'right'}
          value={text}
          onChange={({ currentTarget: { value }, nativeEvent }) => {
            if ((nativeEvent as InputEvent).inputType === 'insertFromPaste') judge(value)
            else take(value)
          }}
          onBlur={() => text !== '' && judge(text)}
        />
      </label>
      <div id={says} className="soft small" role="alert">
        {judged === undefined ? restoreWords.how : sayVerdict(judged)}
      </div>
      {judged !== undefined && (
        <Marks
          judged={judged}
          onChoose={(chosen) => {
            judge(chosen)
            field.current?.focus()
          }}
        />
      )}
      <input className="unseen" name="username" autoComplete="username" readOnly tabIndex={-1} aria-hidden value={restoreWords.user} />
      <label className="restore-field">
        <span className="soft small">{restoreWords.manager}</span>
        <input
          className="field"
          type="password"
          name="password"
          autoComplete="current-password"
          onChange={({ currentTarget: { value } }) => value !== '' && judge(value)}
        />
      </label>
      {files > 0 && (
        <p className="soft small">
          {sayAlong(files)} {restoreWords.oldWords}
        </p>
      )}
      <button type="submit" className="button main">
        {restoreWords.restore}
      </button>
    </form>
  )
}

/** The words that are not in the list, each with the nearest three as buttons. */
function Marks({ judged: { words }, onChoose }: { readonly judged: TypedWords; readonly onChoose: (text: string) => void }) {
  const wrong = words.flatMap(({ text, nearest }, at) => (nearest === undefined ? [] : [{ text, nearest, at }]))
  if (wrong.length === 0) return null
  return (
    <ul className="marks" aria-label={restoreWords.meant}>
      {wrong.map(({ text, nearest, at }) => (
        <li key={at}>
          <span>{sayUnknown(at, text)}</span>
          <span className="actions">
            {nearest.map((word) => (
              <button
                key={word}
                type="button"
                className="button"
                aria-label={sayUse(at, word)}
                onClick={() => onChoose(replaceTyped(words, at, word))}
              >
                {word}
              </button>
            ))}
          </span>
        </li>
      ))}
    </ul>
  )
}

/** Says why it ended, and leaves the person with a way on. */
function Failure({ trouble, onCancel }: Pick<Properties, 'onCancel'> & { readonly trouble: TroubleView }) {
  return (
    <>
      <Trouble sentences={sayFailed(trouble)} />
      <p className="soft small">{restoreWords.unchanged}</p>
      <div className="actions">
        <button type="button" className="button" onClick={onCancel}>
          {restoreWords.close}
        </button>
      </div>
    </>
  )
}

/** Says that the list is back, and asks which of its other devices are lost. Unless the person says so, none is. */
function Done({ devices, now, onSee }: Pick<Properties, 'devices' | 'now' | 'onSee'>) {
  const [marked, setMarked] = useState<readonly string[]>([])
  const lost = devices.filter(({ id }) => marked.includes(id))
  const mark = (id: string, isLost: boolean) => setMarked((ids) => [...ids.filter((other) => other !== id), ...(isLost ? [id] : [])])
  return (
    <>
      <p role="status">{restoreWords.done}</p>
      {devices.length > 0 && (
        <section className="asked">
          <h3>{askDevices(devices.length)}</h3>
          <p className="soft small">{restoreWords.waits}</p>
          <ul aria-label={askDevices(devices.length)}>
            {devices.map((device) => (
              <li key={device.id} className="pair wrap">
                <div className="grows">
                  <b className="strong">{device.label}</b>
                  <p className="soft small">{sayDevice(device, now)}</p>
                </div>
                <HaveOrLost device={device} isLost={lost.includes(device)} onMark={(isLost) => mark(device.id, isLost)} />
              </li>
            ))}
          </ul>
          {lost.length > 0 && <p className="soft small">{restoreWords.lostReads}</p>}
        </section>
      )}
      <div className="actions">
        <button type="button" className="button main" onClick={() => onSee(lost)}>
          {lost.length > 0 ? restoreWords.removeAndSee : restoreWords.see}
        </button>
      </div>
    </>
  )
}

interface HaveOrLostProperties {
  readonly device: DeviceView
  readonly isLost: boolean
  readonly onMark: (isLost: boolean) => void
}

function HaveOrLost({ device, isLost, onMark }: HaveOrLostProperties) {
  return (
    <div className="choice" role="radiogroup" aria-label={device.label}>
      {[false, true].map((value) => (
        <label key={String(value)}>
          <input type="radio" name={device.id} checked={value === isLost} onChange={() => onMark(value)} />
          {value ? restoreWords.lost : restoreWords.have}
        </label>
      ))}
    </div>
  )
}

type UnderWay = Extract<RestoreView, { readonly is: 'looking' | 'found' }>

function Progress({ view, onCancel, onEmpty }: Pick<Properties, 'onCancel' | 'onEmpty'> & { readonly view: UnderWay }) {
  return (
    <>
      <div role="status">
        <p>
          <b>{view.is === 'looking' ? restoreWords.looking : restoreWords.found}</b>
        </p>
        <p className="soft">
          {view.is === 'looking'
            ? `${sayLooking(view.people, view.sinceMs)} ${restoreWords.goesOn}`
            : sayFound(view.files, view.changedAt, view.device)}
        </p>
      </div>
      <p className="soft small">{restoreWords.unchanged}</p>
      <div className="actions">
        <button type="button" className="button" onClick={onCancel}>
          {restoreWords.cancel}
        </button>
        {view.is === 'looking' && (
          <button type="button" className="button plain" onClick={onEmpty}>
            {restoreWords.empty}
          </button>
        )}
      </div>
      {view.is === 'looking' && <p className="soft small">{restoreWords.onlyIf}</p>}
    </>
  )
}
