import { lazy, Suspense, useId, useState } from 'react'
import '../look/you.css'
import { Page } from '../parts/page.tsx'
import { useScreen, useShell } from '../shell.tsx'
import { ForgetDevice } from './forget-device.tsx'
import { RecoveryWords } from './recovery-words.tsx'
import { isTheme, themes, useTheme } from './theme.ts'
import { sayAllFiles, sayList, youWords } from '../words/you-words.ts'

const Restore = lazy(async () => ({ default: (await import('./restore.tsx')).Restore }))

const Devices = lazy(async () => ({ default: (await import('./devices.tsx')).Devices }))

/** The screen for the person's own things: the words, this device, the look of the page. */
export function YouScreen() {
  const { version, clock } = useShell()
  const { stage, peer } = useScreen()
  const [isForgetting, setIsForgetting] = useState(false)
  const [isRestoring, setIsRestoring] = useState(false)
  return (
    <Page title={youWords.title}>
      <RecoveryWords />
      <section className="card" aria-label={youWords.yourFiles}>
        <h2>{youWords.yourFiles}</h2>
        {(stage !== 'running' && peer.files.length === 0 ? [youWords.checking] : sayAllFiles(peer.files, clock.now())).map((line) => (
          <p key={line} className="soft">
            {line}
          </p>
        ))}
        {stage === 'running' && peer.words?.isMade === true && <p className="soft">{sayList(peer.list, clock.now())}</p>}
        <div className="pair wrap">
          <p className="grows soft small">{youWords.elsewhere}</p>
          <button type="button" className="button" disabled={stage !== 'running'} onClick={() => setIsRestoring(true)}>
            {youWords.restore}
          </button>
        </div>
      </section>
      {stage === 'running' && peer.words?.isMade === true && (
        <Suspense>
          <Devices />
        </Suspense>
      )}
      <section className="card" aria-label={youWords.thisDevice}>
        <h2>{youWords.thisDevice}</h2>
        <dl className="facts">
          <div>
            <dt>{youWords.knownAs}</dt>
            <dd>
              <b>{peer.self?.name ?? youWords.checking}</b>
            </dd>
          </div>
          <div>
            <dt>{youWords.id}</dt>
            <dd>
              <code>{peer.self?.peerId ?? youWords.checking}</code>
            </dd>
          </div>
          <div>
            <dt>{youWords.version}</dt>
            <dd className="num">{version}</dd>
          </div>
        </dl>
        <p className="soft small">{youWords.asOthers}</p>
      </section>
      <section className="card" aria-label={youWords.thisBrowser}>
        <Appearance />
        <div className="pair wrap">
          <div className="grows">
            <b className="strong">{youWords.leave}</b>
            <p className="soft small">{youWords.removes}</p>
          </div>
          <button type="button" className="button danger" onClick={() => setIsForgetting(true)}>
            {youWords.forget}
          </button>
        </div>
      </section>
      {isRestoring && (
        <Suspense>
          <Restore onClose={() => setIsRestoring(false)} />
        </Suspense>
      )}
      {isForgetting && <ForgetDevice onClose={() => setIsForgetting(false)} />}
    </Page>
  )
}

function Appearance() {
  const title = useId()
  const { memory } = useShell()
  const [theme, choose] = useTheme(memory)
  return (
    <div className="pair wrap">
      <b className="strong" id={title}>
        {youWords.appearance}
      </b>
      <div className="choice" role="radiogroup" aria-labelledby={title}>
        {themes.map((value) => (
          <label key={value}>
            <input
              type="radio"
              name="theme"
              value={value}
              checked={theme === value}
              onChange={(event) => {
                if (isTheme(event.currentTarget.value)) choose(event.currentTarget.value)
              }}
            />
            {youWords.themes[value]}
          </label>
        ))}
      </div>
    </div>
  )
}
