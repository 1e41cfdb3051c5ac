import { useEffect, useRef, useState, type CSSProperties } from 'react'
import { sayBytes } from '../words/figures.ts'
import '../look/give.css'
import { Page } from '../parts/page.tsx'
import { Trouble } from '../parts/trouble.tsx'
import { useScreen, useShell } from '../shell.tsx'
import { sayTrouble } from '../words/words.ts'
import { recallOffer, rememberOffer } from './last-offer.ts'
import { dialArc, mostSteps, stepBytes } from './dial.ts'
import { HandOver } from './hand-over.tsx'
import { RateFields } from './rate-fields.tsx'
import { giveWords, sayCounted, sayKept, sayOffer, sayTheyKeep } from '../words/give-words.ts'
import { handoverWords } from '../words/handover-words.ts'

/** Offer when the switch is turned on for the first time, in steps of the slider: enough to help, too little to bother anybody. */
const firstOffer = 10

/** The screen for the space that this device lends and its use. */
export function GiveScreen() {
  const { model, memory } = useShell()
  const { stage, peer } = useScreen()
  const { people, totals } = peer
  const isReady = stage === 'running'
  if (isReady) rememberOffer(memory, peer.give)
  const last = isReady ? undefined : recallOffer(memory)
  const give = { ...peer.give, ...last }
  const [asked, setAsked] = useState<number>()
  const steps = asked ?? Math.round(give.offerBytes / stepBytes)
  const most = mostSteps(Math.max(give.offerBytes, steps * stepBytes))

  const offer = (chosen: { readonly isOn: boolean; readonly offerBytes: number }) => {
    model.ask((running) => running.setOffer(chosen).finally(() => setAsked(undefined)))
  }
  const slider = useCommit((chosen) => offer({ isOn: give.isOn, offerBytes: chosen * stepBytes }))
  const measures: CSSProperties & Record<'--at', string> = { '--at': `${(100 * steps) / most}%` }
  const theyKeep = people.reduce((sum, person) => sum + person.keepsForMe, 0)

  return (
    <Page title={giveWords.title}>
      <p className="lede">{giveWords.lede}</p>
      {give.trouble !== undefined && <Trouble sentences={sayTrouble(give.trouble)} />}
      <div className="two">
        <section className="card spread" aria-label={giveWords.offer}>
          <label className="pair">
            <b className="strong">{giveWords.keep}</b>
            <input
              className="switch"
              type="checkbox"
              role="switch"
              aria-label={giveWords.keep}
              checked={give.isOn}
              aria-checked={give.isOn}
              disabled={!isReady}
              onChange={({ currentTarget: { checked: isOn } }) =>
                offer({ isOn, offerBytes: give.offerBytes > 0 ? give.offerBytes : firstOffer * stepBytes })
              }
            />
          </label>
          <Dial
            usedBytes={give.usedBytes}
            steps={steps}
            most={most}
            isOn={give.isOn}
            isKnown={isReady || last !== undefined}
            isChecking={stage === 'starting'}
          />
          <input
            ref={slider}
            className="range"
            type="range"
            min={0}
            max={most}
            step={1}
            value={steps}
            disabled={!isReady}
            aria-label={giveWords.space}
            aria-valuetext={isReady || last !== undefined ? sayOffer(steps) : giveWords.unknown}
            style={measures}
            onChange={(event) => setAsked(event.currentTarget.valueAsNumber)}
          />
          {give.isOn && give.countedBytes !== undefined && <p className="soft small">{sayCounted(give.countedBytes, give.offerBytes)}</p>}
          <p className="soft small">
            {give.isOn
              ? giveWords.whileOn
              : give.handover === undefined || give.handover.is === 'over'
                ? giveWords.whileOff
                : handoverWords.whileGoing}
          </p>
        </section>
        <div className="stack">
          <section className="card">
            <div>
              <p className="soft">{giveWords.kept}</p>
              <p className="bignum num">{isReady || last !== undefined ? sayBytes(give.usedBytes) : giveWords.unknown}</p>
            </div>
            <p className="soft small">
              {stage === 'starting'
                ? giveWords.checking
                : give.pieces === 0
                  ? `${giveWords.nothingYet}${give.isOn ? ` ${giveWords.piecesArrive}` : ''}`
                  : sayKept(give.pieces, give.owners)}
              {theyKeep > 0 && ` ${sayTheyKeep(theyKeep)}`}
            </p>
          </section>
          {isReady && <HandOver give={give} />}
          {give.limits !== undefined && <RateFields limits={give.limits} isReady={isReady} />}
          <section className="card">
            <h2>{giveWords.sinceOpened}</h2>
            <dl className="facts">
              <div>
                <dt>
                  <span className="swatch" /> {giveWords.sent}
                </dt>
                <dd className="num">{sayBytes(totals.sentBytes)}</dd>
              </div>
              <div>
                <dt>
                  <span className="swatch got" /> {giveWords.received}
                </dt>
                <dd className="num">{sayBytes(totals.receivedBytes)}</dd>
              </div>
            </dl>
            <p className="soft small">{giveWords.pin}</p>
          </section>
        </div>
      </div>
    </Page>
  )
}

interface DialProperties {
  readonly usedBytes: number
  readonly steps: number
  readonly most: number
  readonly isOn: boolean
  /** Whether the figures are current, or those of the last visit. */
  readonly isKnown: boolean
  readonly isChecking: boolean
}

/** A picture of the offer (thin pine) and its use (thick hazel). The slider below it is the control. */
function Dial({ usedBytes, steps, most, isOn, isKnown, isChecking }: DialProperties) {
  const sub = isOn ? giveWords.offered : giveWords.wouldBe
  return (
    <div className="dial">
      <svg viewBox="0 0 300 262" aria-hidden="true" fill="none" strokeLinecap="round">
        <path d={dialArc(1)} stroke="var(--line)" strokeWidth="6" />
        <path d={dialArc(isOn ? steps / most : 0)} stroke="var(--pine)" strokeWidth="6" />
        <path d={dialArc(usedBytes / stepBytes / most)} stroke="var(--hazel)" strokeWidth="18" />
        <text className="big" x="150" y="152">
          {isKnown ? sayOffer(steps) : '-'}
        </text>
        <text className="sub" x="150" y="178">
          {isChecking ? giveWords.asking : sub}
        </text>
        <text className="sub" x="62" y="258">
          0
        </text>
        <text className="sub" x="238" y="258">
          {sayOffer(most)}
        </text>
      </svg>
    </div>
  )
}

/** Calls `commit` when the person has let go of a slider, not at every step. */
function useCommit(commit: (value: number) => void) {
  const input = useRef<HTMLInputElement>(null)
  const latest = useRef(commit)
  useEffect(() => {
    latest.current = commit
  })
  useEffect(() => {
    const element = input.current
    const onChange = () => latest.current(element?.valueAsNumber ?? 0)
    element?.addEventListener('change', onChange)
    return () => element?.removeEventListener('change', onChange)
  }, [])
  return input
}
