/** Places of the dots, `x y radius` each: people around a file. The lit ones keep a piece of it, the hollow ones are away. */
const people = `
  251.1 97.5 8.9, 353.4 97 8.9, 359.5 116.4 8.7, 227.7 108.8 8.7, 346.1 82.9 8.7, 236.7 84.9 8.6, 233.6 125.4 8.5, 361 130.1 8.4,
  199.9 98.6 8.3, 387.2 84.4 8.3, 247.4 70.9 8.2, 407.4 116.7 8.1, 192.9 119.7 8.1, 348.9 66.9 8, 338.6 143.6 8, 424.8 93.9 7.9,
  405.9 133.4 7.7, 160.8 106.7 7.7, 203.7 66 7.5, 449.1 110 7.5, 331.6 52.3 7.4, 146.4 88.3 7.3, 446.8 79.9 7.2, 238.6 156.3 7.2,
  240.5 50.6 7.1, 452.2 130.1 7, 392.4 53.3 6.9, 155.7 67.3 6.8, 481.8 97.8 6.8, 176.6 150.9 6.7, 429.8 151.1 6.6, 453 63.2 6.4,
  268 170 6.4, 191.2 47.3 6.3, 120.3 136.6 6.2, 368.4 37.9 6.1, 502.3 81.5 5.9, 250.9 32.1 5.8, 481 146.2 5.7, 80.5 114.6 5.7,
  442.2 45.2 5.6, 312 180.7 5.5, 530.3 106.7 5.4, 123.2 155.4 5.3, 328.6 24.8 5.2, 66.2 87.1 5, 228.8 183.1 4.9, 529.4 135.6 4.7,
  66.2 133.7 4.6, 414.4 27.8 4.5, 83.3 57.8 4.3, 553.6 88.1 4.2, 143.3 174.5 4.1, 496.4 42 3.7, 278.3 195.5 3.6, 133 31 3.4,
  570.2 119.6 3.3, 68.1 154.9 3.2, 430.8 188.2 2.8, 34.4 71.7 2.6, 561.8 66.5 2.4, 180.6 192.4 2.1
`
const lit = `
  226.4 140.9 7.8, 295.7 153.2 7.6, 176.1 134.4 7.4, 133.5 119.9 7, 333 163.4 6.9, 108.4 99 6.5, 381.7 169.1 6.1, 108.3 74.4 6,
  137.1 49.6 5.4, 437.5 169.6 5.1, 194.5 28.7 4.8, 275.3 15.3 4, 495.9 164.2 3.9, 370.3 12.5 3
`
const away = `
  388.1 103.5 8.5, 190.4 83.2 7.9, 399.1 69.4 7.6, 380.7 150.1 7.3, 297.8 40.3 6.6, 495.1 121 6.3, 194.4 167.7 5.9, 507.8 62.4 5,
  367.6 187.1 4.4, 34 104.6 3.8
`

/** The picture of the first visit: a file among people, some of whom keep a piece. It gathers while a file is dragged over it. */
export function Scatter() {
  return (
    <svg className="scatter" viewBox="0 0 600 208" aria-hidden="true">
      <g className="crowd">
        {dots(people).map(([x, y, r]) => (
          <circle key={`${x} ${y}`} cx={x} cy={y} r={r} fill="var(--pine)" opacity={faded(r)} />
        ))}
        {dots(away).map(([x, y, r]) => (
          <circle key={`${x} ${y}`} cx={x} cy={y} r={r} fill="none" stroke="var(--edge)" strokeWidth="1.4" opacity={faded(r)} />
        ))}
        {dots(lit).map(([x, y, r]) => (
          <circle key={`${x} ${y}`} cx={x} cy={y} r={r} fill="var(--hazel)" />
        ))}
      </g>
      <rect x="276" y="72" width="48" height="62" rx="10" fill="var(--raised)" stroke="var(--pine)" strokeWidth="2" />
      <path d="M287 91h26M287 103h26M287 115h15" stroke="var(--pine)" strokeWidth="2.5" strokeLinecap="round" />
    </svg>
  )
}

function dots(text: string): readonly (readonly [number, number, number])[] {
  return text.split(',').map((dot) => {
    const [x = 0, y = 0, r = 0] = dot.trim().split(' ').map(Number)
    return [x, y, r]
  })
}

/** Returns the opacity of a dot: the further out, the smaller and fainter. */
function faded(radius: number): number {
  return Math.round(10 * (0.18 + radius / 12)) / 10
}
