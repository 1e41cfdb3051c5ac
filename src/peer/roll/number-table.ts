/** Kinds of columns: unsigned whole numbers of 8, 16 and 32 bits, and any number. */
const arrays = { u8: Uint8Array, u16: Uint16Array, u32: Uint32Array, f64: Float64Array } as const

/** One of the kinds of columns. */
export type ColumnKind = keyof typeof arrays

/** Rows of numbers, a column each for every name: a few bytes a row, where an object would take a hundred. */
export interface NumberTable<Name extends string> {
  /** Returns the number of a free row, all 0. Rows are numbered from 1 on: 0 stands for none. */
  take(): number
  /** Makes the row free. */
  free(row: number): void
  get(row: number, column: Name): number
  /** Sets one number of a row; it must fit its column. */
  set(row: number, column: Name, value: number): void
  /** Number of rows that are taken. */
  size(): number
  /** Bytes of all columns, free rows included. */
  bytes(): number
}

/** A full table grows by so many rows, and by an eighth: larger steps would leave more room unused than the rows of a small one take. */
const LEAST_GROWTH = 16

/** Returns an empty table with these columns. A table never shrinks: rows that were freed are taken first. */
export function createNumberTable<Name extends string>(columns: Readonly<Record<Name, ColumnKind>>): NumberTable<Name> {
  // Object.entries forgets the names: they are those of `columns`.
  const kinds = Object.entries(columns) as [Name, ColumnKind][]
  const arrayByColumn = Object.fromEntries(kinds.map(([name, kind]) => [name, new arrays[kind](1)]))
  const freed: number[] = []
  let rows = 1
  let capacity = 1

  function grow(): void {
    capacity = Math.max(capacity + LEAST_GROWTH, Math.floor((capacity * 9) / 8))
    for (const [name, kind] of kinds) {
      const wider = new arrays[kind](capacity)
      const before = arrayByColumn[name]
      if (before) wider.set(before)
      arrayByColumn[name] = wider
    }
  }

  return {
    take: () => {
      const again = freed.pop()
      if (again !== undefined) return again
      if (rows === capacity) grow()
      return rows++
    },
    free: (row) => {
      for (const array of Object.values(arrayByColumn)) array[row] = 0
      freed.push(row)
    },
    get: (row, column) => arrayByColumn[column]?.[row] ?? 0,
    set: (row, column, value) => {
      const array = arrayByColumn[column]
      if (array) array[row] = value
    },
    size: () => rows - 1 - freed.length,
    bytes: () => kinds.reduce((sum, [name]) => sum + (arrayByColumn[name]?.byteLength ?? 0), 0),
  }
}
