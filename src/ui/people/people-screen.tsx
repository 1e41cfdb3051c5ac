import type { PersonView } from '../../peer/index.ts'
import { sayBytes } from '../words/figures.ts'
import '../look/people.css'
import { Page } from '../parts/page.tsx'
import { useScreen } from '../shell.tsx'
import { ClearingPicture } from './people-picture.tsx'
import { Relays } from './relays.tsx'
import { peopleWords } from '../words/people-words.ts'

/** The screen for the people around, the bytes that they keep, and the relays. */
export function PeopleScreen() {
  const { stage, peer } = useScreen()
  const people = [...peer.people].sort(byNearness)
  const here = people.filter((person) => person.isConnected)
  return (
    <Page title="People">
      <p className="lede">{peopleWords.lede}</p>
      {here.length > 0 && (
        <section className="card" aria-label="Picture of the people around you">
          <figure>
            <ClearingPicture people={here} form="wide" />
            <ClearingPicture people={here} form="tall" />
          </figure>
          <ul className="key">
            <li>
              <span className="seed" />
              {peopleWords.keepsYours}
            </li>
            <li>
              <span className="seed none" />
              nothing yet
            </li>
            <li>
              <svg width="15" height="15" viewBox="0 0 15 15" aria-hidden="true">
                <circle cx="7.5" cy="7.5" r="6.3" fill="none" stroke="var(--edge)" strokeWidth="1.4" strokeDasharray="3 3" />
              </svg>
              {peopleWords.noLine}
            </li>
            <li>{peopleWords.nearer}</li>
          </ul>
        </section>
      )}
      <section className="card" aria-label="Everybody">
        <PeopleTable people={people} isStarting={stage === 'starting'} />
      </section>
      <Relays relays={peer.relays} />
      <CannotConnect />
    </Page>
  )
}

function PeopleTable({ people, isStarting }: { readonly people: readonly PersonView[]; readonly isStarting: boolean }) {
  return (
    <div className="scrolls">
      <table aria-label="People">
        <thead>
          <tr>
            <th scope="col">Person</th>
            <th scope="col">Keeps for you</th>
            <th scope="col" className="optional">
              You keep
            </th>
            <th scope="col">Line</th>
            <th scope="col" className="optional right">
              Sent
            </th>
            <th scope="col" className="optional right">
              Received
            </th>
            <th scope="col" className="right">
              Answers in
            </th>
          </tr>
        </thead>
        <tbody>
          {people.map((person) => (
            <tr key={person.peer}>
              <th scope="row">
                <span className="person">
                  <span className={seedOf(person)} />
                  {person.name}
                </span>
              </th>
              <td className={person.keepsForMe > 0 ? 'num' : 'num soft'}>
                {person.keepsForMe > 0 ? sayBytes(person.keepsForMe) : 'nothing yet'}
              </td>
              <td className={person.keptForThem > 0 ? 'num optional' : 'num optional soft'}>
                {person.keptForThem > 0 ? sayBytes(person.keptForThem) : 'nothing yet'}
              </td>
              <td>{lineOf(person)}</td>
              <td className="num optional right">{sayBytes(person.sentBytes)}</td>
              <td className="num optional right">{sayBytes(person.receivedBytes)}</td>
              <td className="num right">
                {person.latencyMs === undefined || !person.isConnected ? '-' : `${Math.round(person.latencyMs)} ms`}
              </td>
            </tr>
          ))}
          {people.length === 0 && (
            <tr>
              <td colSpan={7} className="soft">
                {isStarting ? peopleWords.checking : peopleWords.nobody}
              </td>
            </tr>
          )}
        </tbody>
      </table>
    </div>
  )
}

function CannotConnect() {
  return (
    <details className="card fold">
      <summary>
        <h2>{peopleWords.cannotConnect}</h2>
      </summary>
      <p className="soft">{peopleWords.directOnly}</p>
      <ul className="steps soft">
        <li>{peopleWords.anotherNetwork}</li>
        <li>{peopleWords.vpn}</li>
        <li>{peopleWords.addRelay}</li>
        <li>{peopleWords.wait}</li>
      </ul>
    </details>
  )
}

function lineOf(person: PersonView): string {
  if (person.lies > 0) return peopleWords.lied
  if (!person.isConnected) return 'Away'
  return person.isDirect ? 'Direct' : 'Relayed'
}

function seedOf(person: PersonView): string {
  if (person.keepsForMe === 0) return 'seed none'
  return person.isConnected ? 'seed' : 'seed away'
}

function byNearness(a: PersonView, b: PersonView): number {
  return Number(b.isConnected) - Number(a.isConnected) || (a.latencyMs ?? 1e9) - (b.latencyMs ?? 1e9) || a.name.localeCompare(b.name)
}
