import { useEffect, useMemo, useState } from 'react'

interface Identified {
  readonly id: string
}

/** Rows that a person has sent away, before the peer says that they are gone. One that comes back later, by another device, is shown. */
export interface HiddenRows {
  readonly hidden: ReadonlySet<string>
  readonly hide: (ids: readonly string[]) => void
  readonly unhide: (ids: readonly string[]) => void
}

const none: readonly Identified[] = []
const noIds: ReadonlySet<string> = new Set()

/** Returns those among `rows` and `others`, the lists that the peer shows now. */
export function useHidden(rows: readonly Identified[], others: readonly Identified[] = none): HiddenRows {
  const [hidden, setHidden] = useState(noIds)
  useEffect(() => {
    setHidden((before) => stillThere(before, [rows, others]))
  }, [rows, others])
  const acts = useMemo(
    () => ({
      hide: (ids: readonly string[]) => setHidden((before) => new Set([...before, ...ids])),
      unhide: (ids: readonly string[]) => setHidden((before) => new Set([...before].filter((id) => !ids.includes(id)))),
    }),
    [],
  )
  return { hidden, ...acts }
}

/** Returns those of `ids` that one of the lists has; the same set when that is all of them. */
export function stillThere(ids: ReadonlySet<string>, lists: readonly (readonly Identified[])[]): ReadonlySet<string> {
  if (ids.size === 0) return ids
  const there = new Set<string>()
  for (const list of lists) for (const { id } of list) if (ids.has(id)) there.add(id)
  return there.size === ids.size ? ids : there
}
