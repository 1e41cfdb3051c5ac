/** The dial is three quarters of a circle, open at the bottom: x and y of its middle, and its radius. */
const middle = { x: 150, y: 150 }
const radius = 122
const opening = Math.PI / 2

/**
 * Returns the SVG path of the dial from its start to `share` of it, 0..1; '' for 0.
 * A share too small to see is drawn as wide as a dot.
 */
export function dialArc(share: number): string {
  if (share <= 0) return ''
  const part = Math.min(1, Math.max(share, 0.004))
  const turn = 2 * Math.PI - opening
  const from = Math.PI / 2 + opening / 2
  const to = from + turn * part
  const isLarge = turn * part > Math.PI ? 1 : 0
  return `M${point(from)}A${radius} ${radius} 0 ${isLarge} 1 ${point(to)}`
}

function point(angle: number): string {
  const round = (value: number) => Math.round(value * 10) / 10
  return `${round(middle.x + radius * Math.cos(angle))} ${round(middle.y + radius * Math.sin(angle))}`
}

/** Bytes of one step of the slider. */
export const stepBytes = 1_000_000_000

/** Returns the right end of slider and dial in steps: 50, or more if more is offered already. */
export function mostSteps(offerBytes: number): number {
  return Math.max(50, Math.ceil(offerBytes / stepBytes / 50) * 50)
}
