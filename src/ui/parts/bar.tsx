import type { CSSProperties } from 'react'

interface Properties {
  /** 'Storing NAME' or 'Fetching NAME'. */
  readonly label: string
  readonly done: number
  readonly total: number
  /** The text for screen readers: '1.5 of 2.4 GB'. */
  readonly text: string
}

/** The progress bar of some work in bytes. */
export function Bar({ label, done, total, text }: Properties) {
  const percent = total > 0 ? Math.min(100, Math.floor((100 * done) / total)) : 0
  const measures: CSSProperties & Record<'--at', string> = { '--at': `${percent}%` }
  return (
    <span
      className="bar"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      aria-valuetext={text}
      style={measures}
    >
      <i />
    </span>
  )
}
