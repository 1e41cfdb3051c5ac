/** Rows that a person has chosen, to act on all of them at once. */
export interface Selection {
  readonly ids: ReadonlySet<string>
  /** The row from which a range is drawn. */
  readonly anchor?: string
}

export const nothingSelected: Selection = { ids: new Set() }

/** Adds a row to the selection, or takes it out. */
export function toggled({ ids }: Selection, id: string): Selection {
  const next = new Set(ids)
  if (!next.delete(id)) next.add(id)
  return { ids: next, anchor: id }
}

/** Selects from the anchor to `id`, and nothing else, among rows in their `order`. Without an anchor it begins at `from`. */
export function extendedTo({ anchor }: Selection, id: string, order: readonly string[], from = id): Selection {
  const start = anchor !== undefined && order.includes(anchor) ? anchor : from
  const [one, other] = [order.indexOf(start), order.indexOf(id)]
  return { ids: new Set(order.slice(Math.min(one, other), Math.max(one, other) + 1)), anchor: start }
}

/** Selects all of `order`. */
export function everything({ anchor }: Selection, order: readonly string[]): Selection {
  return { ids: new Set(order), ...(anchor === undefined ? {} : { anchor }) }
}
