/** Nine small caches curled into a tail, the lit ones marked: x, y, radius, lit. */
export const markDots = [
  [24.9, 25.5, 5.7, false],
  [13.2, 26.2, 5, true],
  [5.8, 19, 4.4, false],
  [5.5, 10.2, 3.7, false],
  [10.6, 4.4, 3.3, true],
  [17.3, 3.6, 2.8, false],
  [22.1, 6.7, 2.5, true],
  [23.2, 11.8, 2.1, false],
  [20.7, 15.3, 1.9, false],
] as const

/** The mark of Scatterhoard. */
export function Mark() {
  return (
    <svg className="mark" viewBox="0 0 32 32" aria-hidden="true">
      <MarkDots />
    </svg>
  )
}

/** The dots alone, for pictures that place the mark themselves. */
export function MarkDots() {
  return markDots.map(([x, y, r, isLit]) => <circle key={x} cx={x} cy={y} r={r} fill={isLit ? 'var(--hazel)' : 'var(--pine)'} />)
}
