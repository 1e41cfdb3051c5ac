import type { Bytes } from '../../core/bytes.ts'
import { codeOf } from '../../core/errors.ts'
import { flag, objectFormat, uint } from '../../core/encoding.ts'
import type { CatalogChange } from '../../ports/catalog.ts'

/** The wish of a person to stop giving, as it is kept on disk. */
export interface Wish {
  readonly isPaused: boolean
  /** Everything is handed over. */
  readonly isDone: boolean
  /** Pieces kept when it was made. */
  readonly pieces: number
}

/** Where the wish is kept, beside the offer. */
export const WISH = 'leaving'
const wishFormat = objectFormat('leaving', 64, { isPaused: flag, isDone: flag, pieces: uint() })

/** Returns the change that keeps the wish, or forgets it. */
export function wishChange(wish: Wish | undefined): CatalogChange {
  return { table: 'self', key: WISH, ...(wish && { value: wishFormat.encode(wish) }) }
}

/** Returns the kept wish; undefined where there is none or it cannot be read: nobody is made to leave by a damaged record. */
export function readWish(value: Bytes | undefined): Wish | undefined {
  try {
    return value && wishFormat.decode(value)
  } catch (error) {
    if (codeOf(error) === undefined) throw error
    return undefined
  }
}
