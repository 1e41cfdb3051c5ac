import * as shellWords from './words/shell-words.ts'
import { linkWords, addressesLine, fileForYou, lookingForKeepers, lookingForName, storesLine, storeYourOwn } from './words/link-words.ts'
import { Icon, State, type IconName } from './parts/icon.tsx'
import { Mark } from './parts/mark.tsx'
import { Name } from './parts/name.tsx'

const tabs: readonly (readonly [IconName, string])[] = [
  ['files', shellWords.files],
  ['give', shellWords.give],
  ['people', shellWords.people],
  ['you', shellWords.you],
]

/**
 * The frame of the app before any script has run, written into every page at build. It states nothing and can do nothing; every part of it
 * stays in the same place afterwards.
 */
export function AppOutline() {
  return (
    <div className="stage">
      <div className="app" aria-hidden="true" inert>
        <div className="rail">
          <span className="brand">
            <Mark />
            <span>{shellWords.app}</span>
          </span>
          <div className="nav">
            {tabs.map(([icon, name]) => (
              <a key={name} href={`/${icon}`}>
                <Icon name={icon} />
                <span>{name}</span>
              </a>
            ))}
          </div>
        </div>
        <div className="page" />
      </div>
    </div>
  )
}

/**
 * The page of a link until its own script has come. The first words of that script already take their room unseen, so that nothing moves.
 */
export function LinkOutline() {
  return (
    <div className="stage">
      <div className="alone">
        <header>
          <span className="brand">
            <Mark />
            <span>{shellWords.app}</span>
          </span>
        </header>
        <main className="card parcel">
          <span className="kind">
            <Icon name="file" />
          </span>
          <div className="who">
            <h1>
              <Name of={fileForYou} />
            </h1>
            <p className="soft num yet">{lookingForName}</p>
          </div>
          <div className="line yet">
            <State word="Waiting for people" explanation={lookingForKeepers} />
          </div>
          <div className="deed yet">
            <span className="button main large">.</span>
          </div>
          <div className="notes">
            <p className="note">
              <Icon name="people" />
              <span>{addressesLine}</span>
            </p>
            <p className="note yet">
              <Icon name="lock" />
              <span>{linkWords.key}</span>
            </p>
          </div>
        </main>
        <footer className="soft small yet">
          {storesLine} <a href="/files">{storeYourOwn}</a>
        </footer>
        <div className="dock" />
      </div>
    </div>
  )
}
