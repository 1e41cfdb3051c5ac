/** One measured figure beside its reference. */
export interface Figure {
  readonly figure: string
  readonly value: number
  readonly unit: string
  /** The value it is compared with, measured in the same run or fixed beforehand. */
  readonly reference: string
  /** `value` divided by the reference's value; null where the goal is absolute. */
  readonly ratio: number | null
  readonly goal: string
  readonly met: boolean
}

/** Returns the figures as a table for people. */
export function tableOf(figures: readonly Figure[]): string {
  const rows = figures.map(({ figure, value, unit, reference, ratio, goal, met }) => [
    figure,
    `${value.toFixed(1)} ${unit}`,
    reference,
    ratio === null ? '' : ratio.toFixed(2),
    goal,
    met ? 'met' : 'MISSED',
  ])
  const all = [['figure', 'value', 'reference', 'ratio', 'goal', ''], ...rows]
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0))) ?? []
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
