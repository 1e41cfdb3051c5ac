import type { PersonView } from '../../peer/index.ts'
import { sayMs, sayPicture } from '../words/people-words.ts'
import { MarkDots } from '../parts/mark.tsx'
import { clearingOf } from './people-map.ts'

interface Properties {
  readonly people: readonly PersonView[]
  /** 'tall' is for phones; the other one is hidden there. */
  readonly form: 'wide' | 'tall'
}

/** The picture of the people around this device. The table below repeats all of it. */
export function ClearingPicture({ people, form }: Properties) {
  const { width, height, rings, spots } = form === 'wide' ? clearingOf(people, 900, 372) : clearingOf(people, 320, 380)
  const keep = people.filter((person) => person.keepsForMe > 0).length
  const indirect = people.filter((person) => !person.isDirect).length
  return (
    <svg
      className={form === 'wide' ? 'clearing is-wide' : 'clearing is-tall'}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={sayPicture(people.length, keep, indirect)}
    >
      {rings.map(({ ms, rx, ry }) => (
        <g key={ms}>
          <ellipse className="ring" cx={width / 2} cy={height / 2} rx={rx} ry={ry} />
          <text className="ms" x={width / 2} y={height / 2 - ry + 4} textAnchor="middle">
            {sayMs(ms)}
          </text>
        </g>
      ))}
      {spots.map((spot) => (
        <g key={spot.id}>
          {!spot.isDirect && <circle className="relayed" cx={spot.x} cy={spot.y} r={spot.radius + 4.5} />}
          <circle className={spot.keeps ? 'keeps' : 'not'} cx={spot.x} cy={spot.y} r={spot.radius} />
          {spot.isLabelled && (
            <text x={spot.x + (spot.labelAt === 'end' ? -1 : 1) * (spot.radius + 8)} y={spot.y + 4.5} textAnchor={spot.labelAt}>
              {spot.name}
            </text>
          )}
        </g>
      ))}
      <g transform={`translate(${width / 2 - 21.6} ${height / 2 - 21.6}) scale(1.35)`}>
        <MarkDots />
      </g>
    </svg>
  )
}
