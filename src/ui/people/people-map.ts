import type { PersonView } from '../../peer/index.ts'

/** One person in the picture. */
export interface Spot {
  readonly id: string
  readonly x: number
  readonly y: number
  readonly radius: number
  readonly name: string
  readonly keeps: boolean
  readonly isDirect: boolean
  readonly isLabelled: boolean
  readonly labelAt: 'start' | 'end'
}

/** A picture of people: its size, and the half axes of the rings for 20, 80 and 200 ms. */
export interface Clearing {
  readonly width: number
  readonly height: number
  readonly rings: readonly { readonly ms: number; readonly rx: number; readonly ry: number }[]
  readonly spots: readonly Spot[]
}

/** People in the picture; further ones are only in the table. */
const mostSpots = 40
/** A generous width of one letter of a name, in the picture's units. */
const letterWidth = 8.5
const golden = Math.PI * (3 - Math.sqrt(5))

/** Places people around the middle: nearer for quicker, bigger for more kept pieces. The same people get the same places every time. */
export function clearingOf(people: readonly PersonView[], width: number, height: number): Clearing {
  const ringOf = (share: number) => ({ rx: share * (width / 2) * 0.86, ry: share * (height / 2) * 0.86 })
  const rings = [20, 80, 200].map((ms) => ({ ms, ...ringOf(shareOf(ms)) }))
  const shown = [...people].sort((a, b) => (a.latencyMs ?? 999) - (b.latencyMs ?? 999) || (a.peer < b.peer ? -1 : 1)).slice(0, mostSpots)
  const most = Math.max(1, ...shown.map((person) => person.keepsForMe))
  const labels: { readonly x: number; readonly y: number }[] = []
  const spots = shown.map((person, at) => {
    const { rx, ry } = ringOf(shareOf(person.latencyMs ?? 220))
    const angle = at * golden + 0.35
    const x = width / 2 + rx * Math.cos(angle)
    const y = height / 2 + ry * Math.sin(angle)
    const keeps = person.keepsForMe > 0
    const outward = x < width / 2 ? 'end' : 'start'
    const room = person.name.length * letterWidth + 24
    // Write a name that would leave the picture towards the middle.
    const fits = outward === 'end' ? x > room : x < width - room
    const labelAt = fits ? outward : outward === 'end' ? 'start' : 'end'
    const isLabelled = keeps && person.name !== '' && isFree(labels, x, y)
    if (isLabelled) labels.push({ x, y })
    return {
      id: person.peer,
      x: round(x),
      y: round(y),
      radius: keeps ? round(6 + 6 * Math.sqrt(person.keepsForMe / most)) : 5,
      name: person.name,
      keeps,
      isDirect: person.isDirect,
      isLabelled,
      labelAt,
    } as const
  })
  return { width, height, rings, spots }
}

/** Returns the distance from the middle for `ms`, 0..1: logarithmic, so that 5 ms and 200 ms both have room. */
function shareOf(ms: number): number {
  return Math.min(1, 0.2 + 0.8 * (Math.log(Math.max(3, ms) / 3) / Math.log(240 / 3)))
}

function isFree(labels: readonly { readonly x: number; readonly y: number }[], x: number, y: number): boolean {
  return labels.length < 9 && labels.every((label) => Math.abs(label.y - y) > 24 || Math.abs(label.x - x) > 110)
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
