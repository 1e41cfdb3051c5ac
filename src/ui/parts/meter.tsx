import type { CSSProperties } from 'react'
import type { MeterView, PieceState, StatusWord } from '../../peer/index.ts'
import { sayHealthOf, sayMeter, sayNeeded, sayPieces } from '../words/parts-words.ts'

const classes: Record<PieceState, string | undefined> = { kept: undefined, away: 'away', placing: 'next', none: 'none' }

const states: readonly PieceState[] = ['kept', 'away', 'placing', 'none']

interface Properties {
  readonly name: string
  readonly meter: MeterView
  readonly status: StatusWord
  readonly size?: 'row' | 'big'
}

/** One segment for every piece, a bracket under those that are needed. */
export function Meter({ name, meter, status, size = 'row' }: Properties) {
  const pieces = meter.pieces.length > 0 ? meter.pieces : Array<PieceState>(meter.max).fill('none')
  const looks = ['meter', size === 'big' ? 'big' : '', status === 'Cannot be rebuilt' ? 'gone' : ''].filter((look) => look !== '').join(' ')
  const measures: CSSProperties & Record<'--n' | '--k', number> = { '--n': Math.max(1, meter.max), '--k': meter.needed }
  return (
    <span
      className={looks}
      style={measures}
      role="meter"
      aria-label={sayHealthOf(name)}
      aria-valuemin={0}
      aria-valuemax={meter.max}
      aria-valuenow={meter.value}
      aria-valuetext={sayMeter(meter)}
    >
      {pieces.map((piece, at) => (
        // the place is the identity of a piece in the drawing: its meaning never changes
        // oxlint-disable-next-line react/no-array-index-key
        <i key={at} className={classes[piece]} />
      ))}
    </span>
  )
}

/** Small keys that explain the large meter. */
export function MeterKey({ meter }: { readonly meter: MeterView }) {
  const count = (state: PieceState) => meter.pieces.filter((piece) => piece === state).length
  return (
    <ul className="key">
      {states
        .filter((state) => count(state) > 0)
        .map((state) => (
          <Key key={state} piece={state} text={sayPieces(count(state), state)} />
        ))}
      <li>
        <span className="tick" />
        {sayNeeded(meter)}
      </li>
    </ul>
  )
}

function Key({ piece, text }: { readonly piece: PieceState; readonly text: string }) {
  return (
    <li>
      <span className="meter">
        <i className={classes[piece]} />
      </span>
      {text}
    </li>
  )
}
