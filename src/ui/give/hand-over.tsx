import { useId, useState } from 'react'
import type { HandoverStep, HandoverView, PeerSnapshot } from '../../peer/index.ts'
import { Bar } from '../parts/bar.tsx'
import { CloseButton, Sheet } from '../parts/sheet.tsx'
import { useShell } from '../shell.tsx'
import { handoverWords, sayAllHanded, sayDone, sayHanded, sayHandover, sayNobody } from '../words/handover-words.ts'

interface Properties {
  readonly give: PeerSnapshot['give']
}

/** The way to stop giving without harm to anybody: everything that is kept goes to others first. */
export function HandOver({ give }: Properties) {
  const { model } = useShell()
  const [isAsking, setIsAsking] = useState(false)
  const { handover } = give
  const say = (step: HandoverStep) => model.ask((running) => running.handOver(step))
  const keepGiving = () => model.ask((running) => running.setOffer({ isOn: true, offerBytes: give.offerBytes }))
  if (handover === undefined && give.pieces === 0) return null
  return (
    <section className="card" aria-label={handoverWords.title}>
      <h2>{handoverWords.title}</h2>
      {handover === undefined ? (
        <>
          <p className="soft small">{handoverWords.offer}</p>
          <div className="actions">
            <button type="button" className="button" onClick={() => setIsAsking(true)}>
              {handoverWords.begin}
            </button>
          </div>
        </>
      ) : (
        <Course handover={handover} most={give.mostPerSecond ?? 0} say={say} onKeepGiving={keepGiving} />
      )}
      {isAsking && handover === undefined && (
        <Confirmation
          give={give}
          onClose={() => setIsAsking(false)}
          onBegin={() => {
            setIsAsking(false)
            say('go')
          }}
        />
      )}
    </section>
  )
}

interface CourseProperties {
  readonly handover: HandoverView
  /** Bytes per second that are sent at most. */
  readonly most: number
  readonly say: (step: HandoverStep) => void
  readonly onKeepGiving: () => void
}

/** How the handing over goes, and what can be done about it. */
function Course({ handover, most, say, onKeepGiving }: CourseProperties) {
  const { is, pieces, left, bytesLeft, bytesPerSecond, nobody } = handover
  const done = pieces - left
  if (is === 'over') {
    return (
      <p role="status">
        {sayAllHanded(pieces)} <span className="soft">{handoverWords.over}</span>
      </p>
    )
  }
  const isStuck = is === 'under way' && nobody > 0
  const sentence =
    is === 'paused' || isStuck ? sayDone(done, pieces) : sayHanded(done, pieces, bytesLeft, bytesPerSecond > 0 ? bytesPerSecond : most)
  return (
    <>
      <Bar label={handoverWords.handing} done={done} total={pieces} text={sentence} />
      <p role="status">
        {is === 'paused' && `${handoverWords.paused} `}
        {sentence}
      </p>
      {isStuck && (
        <p className="soft small">
          {sayNobody(nobody)} {handoverWords.offered}
        </p>
      )}
      <div className="actions">
        {is === 'paused' ? (
          <Action text={handoverWords.goOn} onClick={() => say('go')} />
        ) : isStuck ? (
          <>
            <Action text={handoverWords.tryAgain} onClick={() => say('go')} />
            <Action text={handoverWords.keepThem} onClick={() => say('end')} />
          </>
        ) : (
          <Action text={handoverWords.pause} onClick={() => say('pause')} />
        )}
        <Action text={handoverWords.keepGiving} onClick={onKeepGiving} />
      </div>
    </>
  )
}

function Action({ text, onClick }: { readonly text: string; readonly onClick: () => void }) {
  return (
    <button type="button" className="button" onClick={onClick}>
      {text}
    </button>
  )
}

interface ConfirmationProperties extends Properties {
  readonly onBegin: () => void
  readonly onClose: () => void
}

/** Says what happens and about how long it takes before it begins. */
function Confirmation({ give, onBegin, onClose }: ConfirmationProperties) {
  const title = useId()
  return (
    <Sheet kind="dialog" labelledBy={title} onClose={onClose}>
      <div className="close">
        <CloseButton onClose={onClose} />
      </div>
      <h2 id={title}>{handoverWords.isSure}</h2>
      <p>{sayHandover(give.pieces, give.usedBytes, give.mostPerSecond ?? 0)}</p>
      <p className="soft">{handoverWords.meanwhile}</p>
      <p className="soft">{handoverWords.anyTime}</p>
      <div className="actions">
        <button type="button" className="button main" onClick={onBegin}>
          {handoverWords.begin}
        </button>
        <button type="button" className="button" onClick={onClose}>
          {handoverWords.keepGiving}
        </button>
      </div>
    </Sheet>
  )
}
