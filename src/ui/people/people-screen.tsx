import type { PersonView } from '../../peer/index.ts'
import { sayBytes } from '../words/figures.ts'
import '../look/people.css'
import { Page } from '../parts/page.tsx'
import { useScreen } from '../shell.tsx'
import { ClearingPicture } from './people-picture.tsx'
import { Relays } from './relays.tsx'
import { peopleWords, sayMs, sayPeople } from '../words/people-words.ts'

/** The screen for the people around, the bytes that they keep, and the relays. */
export function PeopleScreen() {
  const { stage, peer } = useScreen()
  const people = [...peer.people].sort(byNearness)
  const here = people.filter((person) => person.isConnected)
  return (
    <Page title={peopleWords.title}>
      <p className="lede">{peopleWords.lede}</p>
      {here.length > 0 && (
        <section className="card" aria-label={peopleWords.picture}>
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
              {peopleWords.nothingYet}
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
      <section className="card" aria-label={peopleWords.everybody}>
        {people.length > 0 && (
          <p>
            <b className="strong">{sayPeople(people)}.</b> <span className="soft small">{peopleWords.steady}</span>
          </p>
        )}
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
      <table aria-label={peopleWords.title}>
        <thead>
          <tr>
            <th scope="col">{peopleWords.person}</th>
            <th scope="col">{peopleWords.keepsForYou}</th>
            <th scope="col" className="optional">
              {peopleWords.youKeep}
            </th>
            <th scope="col">{peopleWords.line}</th>
            <th scope="col" className="optional right">
              {peopleWords.sent}
            </th>
            <th scope="col" className="optional right">
              {peopleWords.received}
            </th>
            <th scope="col" className="right">
              {peopleWords.answersIn}
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
                {person.keepsForMe > 0 ? sayBytes(person.keepsForMe) : peopleWords.nothingYet}
              </td>
              <td className={person.keptForThem > 0 ? 'num optional' : 'num optional soft'}>
                {person.keptForThem > 0 ? sayBytes(person.keptForThem) : peopleWords.nothingYet}
              </td>
              <td>{lineOf(person)}</td>
              <td className="num optional right">{sayBytes(person.sentBytes)}</td>
              <td className="num optional right">{sayBytes(person.receivedBytes)}</td>
              <td className="num right">{person.latencyMs === undefined || !person.isConnected ? '-' : sayMs(person.latencyMs)}</td>
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
  if (!person.isConnected) return peopleWords.away
  return person.isDirect ? peopleWords.direct : peopleWords.relayed
}

function seedOf(person: PersonView): string {
  if (person.keepsForMe === 0) return 'seed none'
  return person.isConnected ? 'seed' : 'seed away'
}

function byNearness(a: PersonView, b: PersonView): number {
  return Number(b.isConnected) - Number(a.isConnected) || (a.latencyMs ?? 1e9) - (b.latencyMs ?? 1e9) || a.name.localeCompare(b.name)
}
