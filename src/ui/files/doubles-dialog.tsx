import { useId } from 'react'
import { sayCount } from '../words/figures.ts'
import { Sheet } from '../parts/sheet.tsx'
import { useScreen, useShell } from '../shell.tsx'

/** Most names that are listed; the others are summed up. */
const NAMES_AT_MOST = 5

/** Asks once for all files of a drop that are here already. Closing it skips them. */
export function DoublesDialog() {
  const title = useId()
  const { model } = useShell()
  const { doubles } = useScreen()
  const skip = () => model.answerDoubles('skip')
  const isOne = doubles.length === 1
  return (
    <Sheet kind="dialog" labelledBy={title} onClose={skip}>
      <h2 id={title}>{isOne ? 'This file is already here' : `${sayCount(doubles.length, 'file')} are already here`}</h2>
      <ul className="doubles">
        {doubles.slice(0, NAMES_AT_MOST).map(({ name, path }) => (
          <li key={`${path}/${name}`}>
            <bdi>{path === '' ? name : `${path}/${name}`}</bdi>
          </li>
        ))}
        {doubles.length > NAMES_AT_MOST && <li className="soft">and {doubles.length - NAMES_AT_MOST} more</li>}
      </ul>
      <p className="soft">{isOne ? 'It has' : 'They have'} the same name, folder and size as before.</p>
      <div className="actions">
        <button type="button" className="button main" onClick={skip}>
          Skip
        </button>
        <button type="button" className="button" onClick={() => model.answerDoubles('add again')}>
          Add again
        </button>
      </div>
    </Sheet>
  )
}
