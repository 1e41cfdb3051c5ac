import type { ClockView } from '../../peer/index.ts'
import { sayCount } from './figures.ts'

const [minuteMs, hourMs, dayMs] = [60_000, 3_600_000, 86_400_000]

/** Says how wrong this device's clock is, what that means and what to do. */
export function sayClock({ aheadMs, isCorrected, refusals }: ClockView): { readonly what: string; readonly more: string } {
  const side = aheadMs > 0 ? 'ahead of' : 'behind'
  const refused = refusals > 0 ? `${sayCount(refusals, 'time', 'times')} they refused what it signed by its date. ` : ''
  const now = isCorrected ? 'Files are dated by their time for now. ' : ''
  return {
    what: `Your clock is ${sayLong(Math.abs(aheadMs))} ${side} everybody here`,
    more: `${refused}${now}Set the date and time of this device, best to automatic.`,
  }
}

function sayLong(ms: number): string {
  if (ms >= 1.5 * dayMs) return sayCount(Math.round(ms / dayMs), 'day')
  return ms >= 1.5 * hourMs ? sayCount(Math.round(ms / hourMs), 'hour') : sayCount(Math.round(ms / minuteMs), 'minute')
}
