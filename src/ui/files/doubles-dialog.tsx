import { useId } from 'react'
import { doubleWords, sayAnswers, sayDoubles, sayMoreDoubles } from '../words/double-words.ts'
import { Sheet } from '../parts/sheet.tsx'
import { useScreen, useShell } from '../shell.tsx'

/** Most names that are listed; the others are summed up. */
const NAMES_AT_MOST = 5

/** Asks once for all files of a drop whose names are there already. Closing it skips them. */
export function DoublesDialog() {
  const title = useId()
  const { model } = useShell()
  const { doubles } = useScreen()
  const skip = () => model.answerDoubles('skip')
  return (
    <Sheet kind="dialog" labelledBy={title} onClose={skip}>
      <h2 id={title}>{sayDoubles(doubles.length)}</h2>
      <ul className="doubles">
        {doubles.slice(0, NAMES_AT_MOST).map(({ name, path }) => (
          <li key={`${path}/${name}`}>
            <bdi>{path === '' ? name : `${path}/${name}`}</bdi>
          </li>
        ))}
        {doubles.length > NAMES_AT_MOST && <li className="soft">{sayMoreDoubles(doubles.length - NAMES_AT_MOST)}</li>}
      </ul>
      <p className="soft">{sayAnswers(doubles.length)}</p>
      <div className="actions">
        <button type="button" className="button main" onClick={() => model.answerDoubles('version')}>
          {doubleWords.version}
        </button>
        <button type="button" className="button" onClick={() => model.answerDoubles('both')}>
          {doubleWords.both}
        </button>
        <button type="button" className="button" onClick={skip}>
          {doubleWords.skip}
        </button>
      </div>
    </Sheet>
  )
}
