import { useState } from 'react'
import type { RateLimits } from '../../peer/index.ts'
import { useShell } from '../shell.tsx'
import { rateWords } from '../words/rate-words.ts'
import { readLimit, sayLimit } from './rate-limit.ts'

interface RateFieldsProperties {
  readonly limits: RateLimits
  readonly isReady: boolean
}

/** The fields for the most that this device sends and receives per second. A field counts once it is left, or at Enter. */
export function RateFields({ limits, isReady }: RateFieldsProperties) {
  const { model } = useShell()
  const set = (changed: Partial<RateLimits>) => model.ask((running) => running.setRateLimits({ ...limits, ...changed }))
  return (
    <section className="card spread" aria-label={rateWords.title}>
      <h2>{rateWords.title}</h2>
      <RateField label={rateWords.up} limit={limits.up} isReady={isReady} onSet={(up) => set({ up })} />
      <RateField label={rateWords.down} limit={limits.down} isReady={isReady} onSet={(down) => set({ down })} />
      <p className="soft small">{rateWords.note}</p>
    </section>
  )
}

interface RateFieldProperties {
  readonly label: string
  readonly limit: number
  readonly isReady: boolean
  readonly onSet: (limit: number) => void
}

function RateField({ label, limit, isReady, onSet }: RateFieldProperties) {
  const [typed, setTyped] = useState<string>()
  const commit = () => {
    const next = typed === undefined ? undefined : readLimit(typed)
    setTyped(undefined)
    if (next !== undefined && next !== limit) onSet(next)
  }
  return (
    <label className="pair">
      <span>
        {label} <span className="soft">({rateWords.unit})</span>
      </span>
      <input
        className="field num"
        style={{ width: '7.5rem' }}
        type="text"
        inputMode="decimal"
        aria-label={`${label}, ${rateWords.unit}`}
        placeholder={rateWords.none}
        value={typed ?? sayLimit(limit)}
        disabled={!isReady}
        onChange={(event) => setTyped(event.currentTarget.value)}
        onBlur={commit}
        onKeyDown={(event) => event.key === 'Enter' && commit()}
      />
    </label>
  )
}
