import { useId, useState } from 'react'
import '../look/you.css'
import { Page } from '../parts/page.tsx'
import { useScreen, useShell } from '../shell.tsx'
import { ForgetDevice } from './forget-device.tsx'
import { RecoveryWords } from './recovery-words.tsx'
import { isTheme, themes, useTheme } from './theme.ts'
import { youWords } from '../words/you-words.ts'

/** The screen for the person's own things: the words, this device, the look of the page. */
export function YouScreen() {
  const { version } = useShell()
  const { peer } = useScreen()
  const [isForgetting, setIsForgetting] = useState(false)
  return (
    <Page title="You">
      <RecoveryWords />
      <section className="card" aria-label="This device">
        <h2>This device</h2>
        <dl className="facts">
          <div>
            <dt>Known to others as</dt>
            <dd>
              <b>{peer.self?.name ?? 'Checking'}</b>
            </dd>
          </div>
          <div>
            <dt>Its id</dt>
            <dd>
              <code>{peer.self?.peerId ?? 'Checking'}</code>
            </dd>
          </div>
          <div>
            <dt>Version</dt>
            <dd className="num">{version}</dd>
          </div>
        </dl>
        <p className="soft small">{youWords.asOthers}</p>
      </section>
      <section className="card" aria-label="This browser">
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
        Appearance
      </b>
      <div className="choice" role="radiogroup" aria-labelledby={title}>
        {themes.map(({ value, name }) => (
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
            {name}
          </label>
        ))}
      </div>
    </div>
  )
}
