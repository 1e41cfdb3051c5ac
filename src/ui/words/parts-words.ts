import type { MeterView, PieceState } from '../../peer/index.ts'

/** The words of the parts that screens share. */
export const partsWords = {
  close: 'Close',
  cancel: 'Cancel',
  tryAgain: 'Try again',
  download: 'Download',
} as const

/** Returns the name of the meter of a file. */
export function sayHealthOf(name: string): string {
  return `Health of ${name}`
}

/** Returns the value of a meter in words: `6 of 8 pieces, 2 needed`. */
export function sayMeter(meter: MeterView): string {
  return meter.max === 0 ? 'No pieces yet' : `${meter.value} of ${meter.max} pieces, ${sayNeeded(meter)}`
}

/** Says how many pieces are enough. */
export function sayNeeded({ needed }: MeterView): string {
  return `${needed} needed`
}

const states: Record<PieceState, string> = {
  kept: 'seen lately',
  away: 'away, expected back',
  placing: 'being placed',
  none: 'with nobody yet',
}

/** Says what `count` pieces that are drawn alike stand for. */
export function sayPieces(count: number, state: PieceState): string {
  return `${count} ${states[state]}`
}
